"""Authlib, an OAuth 2 and OpenID Connect client library of others, against the authorization server.

BOTHWAYS_CLIENT           a public client, with the address https://app.example.net/cb
BOTHWAYS_SERVICE          a client with a secret, that acts for the person
BOTHWAYS_SERVICE_SECRET   its secret
"""

import os
import time
import urllib.parse

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata

from scenarios import EMAIL, HOST, PASSWORD, equal, main, scenario
from sign_in_pages import Browser

BASE = f"https://{HOST}"
CLIENT = os.environ["BOTHWAYS_CLIENT"]
SERVICE = (os.environ["BOTHWAYS_SERVICE"], os.environ["BOTHWAYS_SERVICE_SECRET"])
REDIRECT = "https://app.example.net/cb"
APPLE = "f8d98a96-0999-43f5-8af3-69971c7bb423"
APPLE_REDIRECT = "com.apple.Preferences://oauth-redirect"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def discovered():
    return requests.get(f"{BASE}/.well-known/openid-configuration", timeout=30).json()


def keys():
    return JsonWebKey.import_key_set(requests.get(discovered()["jwks_uri"], timeout=30).json())


def public(scope="openid profile email carddav"):
    return OAuth2Session(CLIENT, scope=scope, redirect_uri=REDIRECT, code_challenge_method="S256",
                         token_endpoint_auth_method="none")


def signed_in(session, nonce="n-1", **more):
    """Tokens for somebody who signs in on the pages, and the address that brought the code."""
    metadata, verifier = discovered(), generate_token(48)
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **more
    )
    back = Browser(BASE).sign_in(url, EMAIL, PASSWORD)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    equal(query["state"], state)
    equal(query["iss"], metadata["issuer"])
    token = session.fetch_token(metadata["token_endpoint"], authorization_response=back, code_verifier=verifier)
    return token, back, verifier


def validated(id_token, client=CLIENT, nonce=None):
    """The claims of an id_token that Authlib accepts."""
    options = {"iss": {"essential": True, "value": discovered()["issuer"]}, "aud": {"essential": True, "value": client}}
    params = {"nonce": nonce} if nonce else {}
    claims = jwt.decode(id_token, keys(), claims_cls=CodeIDToken, claims_options=options, claims_params=params)
    claims.validate(leeway=0)
    return claims


@scenario
def the_metadata_is_valid_for_openid_connect_and_rfc_8414():
    document = discovered()
    OpenIDProviderMetadata(document).validate()
    plain = requests.get(f"{BASE}/.well-known/oauth-authorization-server", timeout=30).json()
    AuthorizationServerMetadata(plain).validate()
    equal(document["issuer"], BASE)


@scenario
def a_person_signs_in_with_code_and_pkce_and_the_id_token_is_valid():
    token, _, _ = signed_in(public())
    claims = validated(token["id_token"], nonce="n-1")
    equal(claims["email"], EMAIL)
    equal(token["token_type"], "Bearer")
    assert token["expires_in"] > 0 and token["refresh_token"]


@scenario
def tokens_are_refreshed_and_the_old_refresh_token_is_replaced():
    session = public()
    token, _, _ = signed_in(session)
    renewed = session.refresh_token(discovered()["token_endpoint"], refresh_token=token["refresh_token"])
    assert renewed["refresh_token"] != token["refresh_token"]
    assert renewed["access_token"] != token["access_token"]
    equal(validated(renewed["id_token"])["sub"], validated(token["id_token"], nonce="n-1")["sub"])


@scenario
def a_code_is_good_once():
    session = public()
    _, back, verifier = signed_in(session)
    try:
        public().fetch_token(discovered()["token_endpoint"], authorization_response=back, code_verifier=verifier)
    except Exception as error:
        assert "invalid_grant" in str(error), error
        return
    raise AssertionError("the code was taken twice")


@scenario
def a_person_who_says_no_sends_back_an_error():
    session = public()
    url, _ = session.create_authorization_url(discovered()["authorization_endpoint"], code_verifier=generate_token(48))
    back = Browser(BASE).sign_in(url, EMAIL, PASSWORD, decision="deny")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    equal(query["error"], "access_denied")


@scenario
def a_program_without_a_browser_gets_tokens_for_a_device_code():
    metadata = discovered()
    started = requests.post(metadata["device_authorization_endpoint"],
                            data={"client_id": CLIENT, "scope": "openid carddav"}, timeout=30).json()
    poll = {"grant_type": DEVICE_GRANT, "client_id": CLIENT, "device_code": started["device_code"]}
    waiting = requests.post(metadata["token_endpoint"], data=poll, timeout=30)
    equal((waiting.status_code, waiting.json()["error"]), (400, "authorization_pending"))
    browser = Browser(BASE)
    browser.go(started["verification_uri"])
    browser.send("/device", user_code=started["user_code"])
    browser.send("/sign-in", name=EMAIL, password=PASSWORD)
    assert started["user_code"] in browser.page.text
    browser.send("/device/confirm", decision="allow")
    time.sleep(started["interval"])
    session = public()
    token = session.fetch_token(metadata["token_endpoint"], grant_type=DEVICE_GRANT,
                                device_code=started["device_code"])
    equal(validated(token["id_token"])["email"], EMAIL)


@scenario
def a_service_gets_a_token_with_its_own_secret_in_both_ways():
    for method in ["client_secret_basic", "client_secret_post"]:
        session = OAuth2Session(*SERVICE, scope="Contacts.ReadWrite", token_endpoint_auth_method=method)
        token = session.fetch_token(discovered()["token_endpoint"], grant_type="client_credentials")
        answer = requests.get(f"{BASE}/v1.0/me/contacts", timeout=30,
                              headers={"Authorization": f"Bearer {token['access_token']}"})
        equal(answer.status_code, 200)


@scenario
def a_token_is_introspected_and_revoked():
    metadata = discovered()
    service = OAuth2Session(*SERVICE)
    session = public("openid Contacts.ReadWrite")
    token, _, _ = signed_in(session)
    told = service.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
    equal((told["active"], told["username"], told["client_id"]), (True, EMAIL, CLIENT))
    equal(session.revoke_token(metadata["revocation_endpoint"], token=token["refresh_token"]).status_code, 200)
    told = service.introspect_token(metadata["introspection_endpoint"], token=token["refresh_token"]).json()
    equal(told, {"active": False})


@scenario
def a_token_opens_its_own_path_and_no_other():
    token, _, _ = signed_in(public("openid Contacts.ReadWrite"))
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    equal(requests.get(f"{BASE}/v1.0/me/contacts", headers=bearer, timeout=30).status_code, 200)
    equal(requests.options(f"{BASE}/Microsoft-Server-ActiveSync", headers=bearer, timeout=30).status_code, 401)


@scenario
def the_way_of_an_iphone_works_from_the_challenge_on():
    probe = {"Authorization": "Bearer", "X-User-Identity": EMAIL}
    answer = requests.get(f"{BASE}/Microsoft-Server-ActiveSync", headers=probe, timeout=30)
    equal(answer.status_code, 401)
    challenge = answer.headers["WWW-Authenticate"]
    part = next(part for part in challenge.split(",") if part.strip().startswith("authorization_uri"))
    authorize = part.split("=")[1].replace('"', "")
    query = urllib.parse.urlencode({
        "response_type": "code", "client_id": APPLE, "redirect_uri": APPLE_REDIRECT, "state": "S", "display": "ios",
        "resource": f"{BASE}/", "login_hint": EMAIL,
        "claims": '{"access_token":{"xms_cc":{"values":["cp1"]}}}',
    })
    back = Browser(BASE).sign_in(f"{authorize}?{query}", EMAIL, PASSWORD)
    assert back.startswith(f"{APPLE_REDIRECT}?code="), back
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
    form = {"grant_type": "authorization_code", "client_id": APPLE, "code": code, "redirect_uri": APPLE_REDIRECT,
            "scope": "ignored", "code_verifier": generate_token(48)}
    token = requests.post(authorize.replace("/authorize", "/token"), data=form, timeout=30).json()
    assert {"id_token", "access_token", "refresh_token", "expires_in"} <= set(token), token
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    answer = requests.options(f"{BASE}/Microsoft-Server-ActiveSync", headers=bearer, timeout=30)
    equal(answer.status_code, 200)
    assert "16.1" in answer.headers["MS-ASProtocolVersions"]


main("authlib")
