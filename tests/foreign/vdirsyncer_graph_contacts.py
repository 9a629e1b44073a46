"""vdirsyncer-graph, a Graph storage of vdirsyncer, unchanged but for the base address."""

import os
import tempfile

import vdirsyncer_graph.client
from vdirsyncer import exceptions
from vdirsyncer.vobject import Item
from vdirsyncer_graph.storage import GraphContactsStorage

from scenarios import HOST, TOKEN, equal, main, scenario

vdirsyncer_graph.client.GRAPH = f"https://{HOST}/v1.0"
os.environ["GRAPH_ACCESS_TOKEN"] = TOKEN


def storage(collection="contacts"):
    """A storage that remembers nothing yet."""
    folder = tempfile.mkdtemp()
    return GraphContactsStorage(
        client_id="tests", token_file=f"{folder}/token", cache_dir=folder, collection=collection
    )


def card(uid, name, *lines):
    body = [f"UID:{uid}", f"N:{name};;;", f"FN:{' '.join(reversed(name.split(';')))}", *lines]
    return Item("\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *body, "END:VCARD", ""]))


async def listed(source):
    return {href: etag async for href, etag in source.list()}


@scenario
async def the_collections_are_discovered():
    folder = tempfile.mkdtemp()
    found = GraphContactsStorage.discover(client_id="tests", token_file=f"{folder}/token", cache_dir=folder)
    names = [arguments["collection"] async for arguments in found]
    assert "contacts" in names, names


@scenario
async def a_card_is_uploaded_and_read_back_by_another_storage():
    one, other = storage(), storage()
    lines = ["EMAIL;TYPE=INTERNET:vera@example.net", "TEL;TYPE=CELL:+49 170 1", "TEL;TYPE=HOME,VOICE:+49 30 1",
             "TEL;TYPE=WORK,VOICE:+49 30 2", "ORG:Dir GmbH;Sync", "TITLE:Keeper", "NOTE:A note",
             "ADR;TYPE=HOME:;;Am See 2;Potsdam;BB;14467;Deutschland", "CATEGORIES:Friends,Work"]
    href, _ = await one.upload(card("vera-1", "Dir;Vera", *lines))
    assert href in await listed(other)
    item, _ = await other.get(href)
    for kept in ["vera@example.net", "+49 170 1", "+49 30 1", "+49 30 2", "Dir GmbH;Sync", "Keeper", "A note",
                 "Am See 2;Potsdam;BB;14467;Deutschland", "Friends", "Dir;Vera"]:
        assert kept in item.raw, f"{kept} is not in {item.raw}"


@scenario
async def an_update_gives_a_new_etag_and_reaches_another_storage():
    one, other = storage(), storage()
    href, etag = await one.upload(card("upd-1", "Dir;Una", "TITLE:Before"))
    before = await listed(other)
    equal(before[href], etag)
    new_etag = await one.update(href, card("upd-1", "Dir;Una", "TITLE:After"), etag)
    assert new_etag != etag
    equal((await listed(other))[href], new_etag)
    item, _ = await other.get(href)
    assert "TITLE:After" in item.raw, item.raw


@scenario
async def the_same_card_again_keeps_the_etag():
    one = storage()
    same = card("same-1", "Dir;Sam", "TITLE:Same")
    href, etag = await one.upload(same)
    equal(await one.update(href, same, etag), etag)


@scenario
async def a_deletion_reaches_another_storage():
    one, other = storage(), storage()
    href, etag = await one.upload(card("del-1", "Dir;Dea"))
    assert href in await listed(other)
    await one.delete(href, etag)
    assert href not in await listed(other)


@scenario
async def a_stale_etag_is_refused():
    one = storage()
    href, etag = await one.upload(card("stale-1", "Dir;Stan"))
    await one.update(href, card("stale-1", "Dir;Stan", "TITLE:New"), etag)
    try:
        await one.update(href, card("stale-1", "Dir;Stan", "TITLE:Other"), etag)
    except exceptions.PreconditionFailed:
        return
    raise AssertionError("the stale etag was taken")


@scenario
async def a_contact_that_is_not_there_is_not_found():
    one = storage()
    href, etag = await one.upload(card("gone-1", "Dir;Gone"))
    await one.delete(href, etag)
    try:
        await storage().get(href)
    except exceptions.NotFoundError:
        return
    raise AssertionError("it was found")


@scenario
async def a_photo_travels_by_batch():
    import base64
    from scenarios import PNG

    one, other = storage(), storage()
    photo = "PHOTO;ENCODING=b;TYPE=PNG:" + base64.b64encode(PNG).decode()
    href, _ = await one.upload(card("photo-1", "Dir;Phoebe", photo))
    await listed(other)
    item, _ = await other.get(href)
    unfolded = item.raw.replace("\r\n ", "").replace("\n ", "")
    assert base64.b64encode(PNG).decode() in unfolded, item.raw


@scenario
async def many_cards_come_in_pages():
    one, other = storage(), storage()
    hrefs = set()
    for number in range(60):
        href, _ = await one.upload(card(f"many-{number}", f"Many;N{number}"))
        hrefs.add(href)
    assert hrefs <= set(await listed(other))
    for href, etag in (await listed(one)).items():
        if href in hrefs:
            await one.delete(href, etag)
    assert not hrefs & set(await listed(other))


main("vdirsyncer-graph")
