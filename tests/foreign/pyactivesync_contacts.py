"""pyactivesync, an ActiveSync 16.1 client, unchanged."""

import os
import threading
from email.message import EmailMessage

from pyactivesync import Client, Contact, ContactChange, FolderType, GalEntry, StatusError
from requests import HTTPError

from scenarios import EMAIL, HOST, PASSWORD, equal, main, scenario

# MS-ASCMD 2.2.3.186.3: a contacts folder that a person made is 14; the client's list of names is one off from 13 on.
USER_CONTACTS = FolderType(14)


class Device:
    """A client with one folder in step."""

    def __init__(self, device_id, folder=None):
        self.client = Client(
            HOST, EMAIL, PASSWORD, device_id=device_id, verify_ssl=os.environ["REQUESTS_CA_BUNDLE"]
        )
        self.folder = folder or next(f.id for f in self.client.list_folders() if f.type == FolderType.CONTACTS)
        self.key = self.client.sync_folder(self.folder).sync_key
        self.items = {}
        self.sync()

    def sync(self):
        """Takes everything new; returns how many items that were."""
        taken = 0
        while True:
            result = self.client.sync_folder(self.folder, self.key)
            self.key = result.sync_key
            for item in result.added + result.changed:
                self.items[item.server_id] = item.fields
            for server_id in result.deleted:
                del self.items[server_id]
            taken += len(result.added) + len(result.changed) + len(result.deleted)
            if not result.more_available:
                return taken

    def add(self, contact):
        result = self.client.create_contact(self.folder, self.key, contact)
        self.key = result.sync_key
        equal(result.status, "1")
        return result.server_id

    def apply(self, *changes):
        result = self.client.apply_contact_changes(self.folder, self.key, changes, deletes_as_moves=False)
        self.key = result.sync_key
        return result.statuses


FULL = Contact(
    first_name="Bea", middle_name="C", last_name="Müller", suffix="Jr.", title="Dr.", job_title="Engineer",
    company_name="Muster AG", department="Research", office_location="B 12",
    email1_address="bea@example.net", email2_address="b.mueller@example.net", email3_address="bm@example.net",
    home_phone_number="+49 30 1", home2_phone_number="+49 30 2", business_phone_number="+49 30 3",
    business2_phone_number="+49 30 4", mobile_phone_number="+49 170 5", business_fax_number="+49 30 6",
    home_fax_number="+49 30 7", pager_number="+49 30 8", car_phone_number="+49 30 9", radio_phone_number="+49 30 10",
    assistant_name="Asa", assistant_phone_number="+49 30 11",
    business_address_street="Hauptstr. 1", business_address_city="Berlin", business_address_state="BE",
    business_address_postal_code="10115", business_address_country="Deutschland",
    home_address_street="Am See 2", home_address_city="Potsdam", home_address_state="BB",
    home_address_postal_code="14467", home_address_country="Deutschland",
    other_address_street="Rua 3", other_address_city="Lisboa", other_address_state="LX",
    other_address_postal_code="1100", other_address_country="Portugal",
    web_page="https://example.net/bea", spouse="Ben",
    birthday="1980-05-04T11:59:00.000Z", anniversary="2005-06-07T11:59:00.000Z", categories=("Friends",),
)


@scenario
def the_folders_are_contacts_alone():
    with Client(HOST, EMAIL, PASSWORD, device_id="PYLIST", verify_ssl=os.environ["REQUESTS_CA_BUNDLE"]) as client:
        folders = client.list_folders()
    assert folders, "no folder"
    assert {folder.type for folder in folders} <= {FolderType.CONTACTS, USER_CONTACTS}, folders


@scenario
def a_folder_is_created_renamed_and_deleted():
    client = Device("PYFOLDERS").client
    made = client.create_folder("Team", type=USER_CONTACTS)
    assert any(f.id == made.id and f.name == "Team" for f in client.list_folders())
    client.update_folder(made.id, "Crew")
    assert any(f.id == made.id and f.name == "Crew" for f in client.list_folders())
    client.delete_folder(made.id)
    assert all(f.id != made.id for f in client.list_folders())


@scenario
def every_property_this_client_knows_comes_down_to_another_device_unchanged():
    one, other = Device("PYONE"), Device("PYOTHER")
    server_id = one.add(FULL)
    other.sync()
    fields = {name.split(".")[1]: value for name, value in other.items[server_id].items()}
    for name in Contact.__dataclass_fields__:
        element = "".join(part.capitalize() for part in name.split("_"))
        if name == "categories":
            equal(fields["Category"], "Friends")
        elif name != "file_as":
            equal(fields[element], getattr(FULL, name))


@scenario
def a_change_and_a_deletion_reach_another_device():
    one, other = Device("PYONE2"), Device("PYOTHER2")
    server_id = one.add(Contact(first_name="Cleo", last_name="Roth", job_title="Clerk"))
    other.sync()
    change = ContactChange(server_id, contact=Contact(first_name="Cleo", last_name="Roth", job_title="Doctor"))
    equal(one.apply(change), {server_id: "1"})
    equal(other.sync(), 1)
    equal(other.items[server_id]["Contacts.JobTitle"], "Doctor")
    equal(one.apply(ContactChange(server_id, delete=True)), {server_id: "1"})
    equal(other.sync(), 1)
    assert server_id not in other.items


@scenario
def a_property_that_is_left_out_is_cleared_as_on_exchange():
    device = Device("PYCLEAR")
    server_id = device.add(Contact(first_name="Dora", last_name="Roth", job_title="Clerk"))
    device.apply(ContactChange(server_id, contact=Contact(first_name="Dora", last_name="Roth")))
    other = Device("PYCLEAR2")
    assert "Contacts.JobTitle" not in other.items[server_id], other.items[server_id]


@scenario
def a_device_is_not_told_of_its_own_changes():
    device = Device("PYECHO")
    device.add(Contact(first_name="Echo", last_name="Roth"))
    equal(device.sync(), 0)


@scenario
def an_estimate_counts_what_is_new():
    device, other = Device("PYCOUNT"), Device("PYCOUNT2")
    equal(device.client.get_item_estimate(device.folder, device.key), 0)
    other.add(Contact(first_name="Counted", last_name="One"))
    other.add(Contact(first_name="Counted", last_name="Two"))
    equal(device.client.get_item_estimate(device.folder, device.key), 2)


@scenario
def a_contact_is_fetched_by_its_id():
    device = Device("PYFETCH")
    server_id = device.add(Contact(first_name="Fetched", last_name="Roth", company_name="Roth GmbH"))
    item = device.client.fetch_item(device.folder, server_id)
    equal(item.fields["Contacts.CompanyName"], "Roth GmbH")


@scenario
def a_contact_moves_to_another_folder():
    device = Device("PYMOVE")
    server_id = device.add(Contact(first_name="Moving", last_name="Roth"))
    team = device.client.create_folder("Moved", type=USER_CONTACTS)
    moved_id = device.client.move_item(server_id, device.folder, team.id)
    there = Device("PYMOVE2", team.id)
    equal([fields["Contacts.FirstName"] for fields in there.items.values()], ["Moving"])
    equal(list(there.items), [moved_id])
    assert all(fields.get("Contacts.FirstName") != "Moving" for fields in Device("PYMOVE3").items.values())
    device.client.delete_folder(team.id)


@scenario
def a_change_of_another_device_ends_a_ping():
    device, other = Device("PYPING"), Device("PYPING2")
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(device.client.ping(device.folder, folder_class="Contacts", timeout=30))
    )
    waiting.start()
    other.add(Contact(first_name="Rung", last_name="Bell"))
    waiting.join()
    equal([(answer.status, answer.changed_folder_ids) for answer in answers], [("2", [device.folder])])
    equal(device.sync(), 1)


@scenario
def the_directory_is_searched():
    client = Device("PYGAL").client
    found = client.search_gal("must")
    equal([(entry.display_name, entry.email_address) for entry in found], [("Erika Muster", "erika@example.org")])
    equal(found[0].mobile_phone, "+49 171 7")
    # MS-ASCMD: nobody found is one Result without content.
    equal(client.search_gal("nobody at all"), [GalEntry()])


@scenario
def the_directory_is_searched_with_find():
    found = Device("PYFIND").client.find_gal("Erika")
    equal([item.fields["GAL.EmailAddress"] for item in found.items], ["erika@example.org"])


@scenario
def a_recipient_is_resolved():
    found = Device("PYRESOLVE").client.resolve_recipients("erika")
    equal([recipient.email_address for recipient in found], ["erika@example.org"])


@scenario
def a_made_up_key_is_refused_for_that_folder():
    device = Device("PYKEY")
    try:
        device.client.sync_folder(device.folder, "made-up.7")
    except StatusError as error:
        equal(error.code, "3")
    else:
        raise AssertionError("the key was taken")


@scenario
def mail_is_refused():
    client = Device("PYMAIL").client
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = EMAIL, "erika@example.org", "Hello"
    mail.set_content("Hello")
    try:
        client.send_mail(mail)
    except (HTTPError, StatusError):
        pass
    else:
        raise AssertionError("mail was sent")


main("pyactivesync")
