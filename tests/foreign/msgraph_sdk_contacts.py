"""msgraph-sdk, Microsoft's own client library, unchanged."""

import datetime

from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.contact_folder import ContactFolder
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.physical_address import PhysicalAddress
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.users.item.contacts.contacts_request_builder import ContactsRequestBuilder
from msgraph.generated.users.item.contacts.item.contact_item_request_builder import ContactItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent

from scenarios import EMAIL, HOST, PNG, TOKEN, equal, main, scenario

# MAPI's fax number at work, which v1.0 has no name for.
BUSINESS_FAX = "String 0x3A24"


class Issued(AccessTokenProvider):
    """Hands out the token that `bothways token issue` printed."""

    async def get_authorization_token(self, uri, additional_authentication_context={}):
        return TOKEN

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def connect():
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Issued()))
    adapter.base_url = f"https://{HOST}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


graph = connect()


def asking(builder, **parameters):
    return RequestConfiguration(query_parameters=builder(**parameters))


async def refused(request, status):
    try:
        await request
    except APIError as error:
        equal(error.response_status_code, status)
        return error
    raise AssertionError("it was not refused")


def named(first, last, **rest):
    return Contact(given_name=first, surname=last, **rest)


@scenario
async def i_am_who_the_token_says():
    me = await graph.me.get()
    equal(me.mail, EMAIL)


@scenario
async def a_contact_is_created_with_everything_the_model_has():
    wanted = named(
        "Bea", "Müller", middle_name="C", title="Dr.", generation="Jr.", nick_name="B", initials="B.M.",
        company_name="Muster AG", department="Research", job_title="Engineer", office_location="B 12",
        profession="Physicist", manager="Max", assistant_name="Asa", spouse_name="Ben", children=["Cem", "Dana"],
        categories=["Friends"], business_home_page="https://example.net/bea", personal_notes="A note",
        mobile_phone="+49 170 5", home_phones=["+49 30 1", "+49 30 2"], business_phones=["+49 30 3", "+49 30 4"],
        im_addresses=["sip:bea@example.net"], yomi_given_name="ベア", yomi_surname="ミュラー", yomi_company_name="ムスター",
        email_addresses=[EmailAddress(address="bea@example.net", name="Bea Müller")],
        home_address=PhysicalAddress(street="Am See 2", city="Potsdam", state="BB", postal_code="14467",
                                     country_or_region="Deutschland"),
        business_address=PhysicalAddress(street="Hauptstr. 1", city="Berlin"),
        other_address=PhysicalAddress(street="Rua 3", city="Lisboa"),
        birthday=datetime.datetime(1980, 5, 4, tzinfo=datetime.timezone.utc),
    )
    made = await graph.me.contacts.post(wanted)
    got = await graph.me.contacts.by_contact_id(made.id).get()
    for name in ["given_name", "surname", "middle_name", "title", "generation", "nick_name", "initials", "company_name",
                 "department", "job_title", "office_location", "profession", "manager", "assistant_name",
                 "spouse_name", "children", "categories", "business_home_page", "personal_notes", "mobile_phone",
                 "home_phones", "business_phones", "im_addresses", "yomi_given_name", "yomi_surname",
                 "yomi_company_name"]:
        equal((name, getattr(got, name)), (name, getattr(wanted, name)))
    equal(got.email_addresses[0].address, "bea@example.net")
    equal((got.home_address.street, got.home_address.country_or_region), ("Am See 2", "Deutschland"))
    equal((got.business_address.city, got.other_address.city), ("Berlin", "Lisboa"))
    equal(got.birthday.date(), datetime.date(1980, 5, 4))
    assert got.change_key and got.parent_folder_id and got.created_date_time and got.last_modified_date_time


@scenario
async def a_contact_is_changed_and_deleted():
    made = await graph.me.contacts.post(named("Cleo", "Roth", job_title="Clerk", nick_name="C"))
    one = graph.me.contacts.by_contact_id(made.id)
    changed = await one.patch(Contact(job_title="Doctor"))
    equal((changed.job_title, changed.nick_name), ("Doctor", "C"))
    assert changed.change_key != made.change_key
    await one.delete()
    await refused(one.get(), 404)


@scenario
async def contacts_are_selected_filtered_ordered_and_paged():
    folder = await graph.me.contact_folders.post(ContactFolder(display_name="Pages"))
    contacts = graph.me.contact_folders.by_contact_folder_id(folder.id).contacts
    for number in [3, 1, 2]:
        await contacts.post(named(f"N{number}", "Paged", company_name="Even" if number % 2 == 0 else "Odd"))
    builder = ContactsRequestBuilder.ContactsRequestBuilderGetQueryParameters
    page = await contacts.get(asking(builder, top=2, orderby=["givenName"], select=["givenName"]))
    equal([contact.given_name for contact in page.value], ["N1", "N2"])
    equal(page.value[0].surname, None)
    rest = await contacts.with_url(page.odata_next_link).get()
    equal([contact.given_name for contact in rest.value], ["N3"])
    odd = await contacts.get(asking(builder, filter="companyName eq 'Odd'", count=True))
    equal(sorted(contact.given_name for contact in odd.value), ["N1", "N3"])
    equal(await contacts.count.get(), 3)
    await graph.me.contact_folders.by_contact_folder_id(folder.id).delete()


@scenario
async def a_delta_tells_what_came_changed_and_went():
    folder = await graph.me.contact_folders.post(ContactFolder(display_name="Delta"))
    contacts = graph.me.contact_folders.by_contact_folder_id(folder.id).contacts
    first = await contacts.post(named("First", "Delta"))
    page = await contacts.delta.get()
    equal([contact.given_name for contact in page.value], ["First"])
    second = await contacts.post(named("Second", "Delta"))
    await graph.me.contacts.by_contact_id(first.id).patch(Contact(nick_name="F"))
    page = await contacts.delta.with_url(page.odata_delta_link).get()
    equal(sorted(contact.given_name for contact in page.value), ["First", "Second"])
    await graph.me.contacts.by_contact_id(second.id).delete()
    page = await contacts.delta.with_url(page.odata_delta_link).get()
    equal([contact.id for contact in page.value], [second.id])
    assert "@removed" in page.value[0].additional_data, page.value[0].additional_data
    page = await contacts.delta.with_url(page.odata_delta_link).get()
    equal(page.value, [])
    await graph.me.contact_folders.by_contact_folder_id(folder.id).delete()


@scenario
async def folders_are_created_renamed_and_deleted():
    made = await graph.me.contact_folders.post(ContactFolder(display_name="Team"))
    one = graph.me.contact_folders.by_contact_folder_id(made.id)
    equal((await one.patch(ContactFolder(display_name="Crew"))).display_name, "Crew")
    listed = await graph.me.contact_folders.get()
    assert "Crew" in [folder.display_name for folder in listed.value]
    await one.delete()
    await refused(one.get(), 404)


@scenario
async def a_photo_is_put_described_read_and_deleted():
    made = await graph.me.contacts.post(named("Phoebe", "Photo"))
    photo = graph.me.contacts.by_contact_id(made.id).photo
    await refused(photo.content.get(), 404)
    await photo.content.put(PNG)
    equal(await photo.content.get(), PNG)
    described = await photo.get()
    equal((described.width, described.height), (1, 1))
    await photo.content.delete()
    await refused(photo.content.get(), 404)


@scenario
async def an_extended_property_is_written_and_asked_for():
    fax = SingleValueLegacyExtendedProperty(id=BUSINESS_FAX, value="+49 30 6")
    made = await graph.me.contacts.post(named("Fay", "Fax", single_value_extended_properties=[fax]))
    builder = ContactItemRequestBuilder.ContactItemRequestBuilderGetQueryParameters
    expand = [f"singleValueExtendedProperties($filter=id eq '{BUSINESS_FAX}')"]
    got = await graph.me.contacts.by_contact_id(made.id).get(asking(builder, expand=expand))
    equal([(p.id, p.value) for p in got.single_value_extended_properties], [(BUSINESS_FAX, "+49 30 6")])


@scenario
async def a_batch_is_answered_request_by_request():
    made = await graph.me.contacts.post(named("Bat", "Batch"))
    content = BatchRequestContent()
    for contact_id in [made.id, "nobody"]:
        content.add_request_information(graph.me.contacts.by_contact_id(contact_id).to_get_request_information())
    answer = await graph.batch.post(content)
    statuses = answer.get_response_status_codes()
    # The library makes the ids of the requests.
    equal([statuses[item.id] for item in content.requests.values()], [200, 400])


@scenario
async def the_directory_is_searched():
    builder = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
    configuration = asking(builder, search='"displayName:erika"')
    configuration.headers.add("ConsistencyLevel", "eventual")
    found = await graph.users.get(configuration)
    equal([user.mail for user in found.value], ["erika@example.org"])
    found = await graph.users.get(asking(builder, filter="startswith(displayName,'Erika')"))
    equal([user.mail for user in found.value], ["erika@example.org"])
    equal((await graph.users.by_user_id("erika@example.org").get()).display_name, "Erika Muster")


@scenario
async def mail_and_calendars_are_not_here():
    await refused(graph.me.messages.get(), 403)
    await refused(graph.me.events.get(), 403)


@scenario
async def an_error_is_an_odata_error():
    error = await refused(graph.me.contacts.by_contact_id("nobody").get(), 400)
    equal(error.error.code, "ErrorInvalidIdMalformed")


@scenario
async def what_the_model_writes_is_what_the_model_reads():
    made = await graph.me.contacts.post(named("Round", "Trip", categories=["A"], children=["B"]))
    one = graph.me.contacts.by_contact_id(made.id)
    again = await one.patch(await one.get())
    equal(again.change_key, made.change_key)


main("msgraph-sdk")
