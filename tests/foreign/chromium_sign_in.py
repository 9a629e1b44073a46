"""The sign-in pages in a real browser: Chromium, driven by its own driver, without a mouse.

Beside what scenarios.py names: BOTHWAYS_CLIENT (see authlib_sign_in.py).
"""

import json
import os
import urllib.parse

from pyactivesync import Client
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from chromium_pages import browser, heading, no_violation
from scenarios import EMAIL, HOST, PASSWORD, equal, main, scenario

# Held back by scripts/foreign-clients.
WAITING = "CHROMIUMPHONE"
BASE = f"https://{HOST}"
APPLE = "f8d98a96-0999-43f5-8af3-69971c7bb423"
APPLE_REDIRECT = "com.apple.Preferences://oauth-redirect"


def iphone_request(**more):
    query = {"response_type": "code", "client_id": APPLE, "redirect_uri": APPLE_REDIRECT, "state": "S-1",
             "display": "ios", "resource": f"{BASE}/", **more}
    return f"{BASE}/oauth2/authorize?{urllib.parse.urlencode(query)}"


def fits(driver):
    wide = driver.execute_script("return document.documentElement.scrollWidth")
    seen = driver.execute_script("return window.innerWidth")
    assert wide <= seen, f"{wide} px in {seen} px: {driver.current_url}"


def by_keyboard(driver, *keys):
    """Types where the focus is; nothing is clicked."""
    actions = ActionChains(driver)
    for key in keys:
        actions.send_keys(key)
    actions.perform()


def focused(driver):
    return driver.switch_to.active_element


def tab_to(driver, wanted):
    """Goes on with the tabulator until an element has the focus; fails when the focus never gets there."""
    for _ in range(20):
        if focused(driver) == wanted:
            return
        by_keyboard(driver, Keys.TAB)
    raise AssertionError("the focus does not get there")


def attempted(driver):
    """Every address that Chromium set out for."""
    urls = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        params = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            urls.append(params["request"]["url"])
        elif message["method"] in ("Page.frameRequestedNavigation", "Page.frameStartedNavigating"):
            urls.append(params["url"])
        elif message["method"] == "Network.responseReceivedExtraInfo":
            location = {name.lower(): value for name, value in params["headers"].items()}.get("location")
            urls += [location] if location else []
    return urls


def signed_in_by_keyboard(driver):
    equal(focused(driver).get_attribute("id"), "name")
    by_keyboard(driver, EMAIL, Keys.TAB, PASSWORD, Keys.ENTER)
    WebDriverWait(driver, 30).until(lambda driver: driver.current_url.endswith("/sign-in/consent"))


@scenario
def a_person_signs_in_with_the_keyboard_alone_and_the_app_is_opened():
    driver = browser()
    try:
        driver.get(iphone_request())
        heading(driver, "Sign in")
        equal(driver.find_element(By.TAG_NAME, "html").get_attribute("lang"), "en")
        signed_in_by_keyboard(driver)
        heading(driver, "Allow access?")
        tab_to(driver, driver.find_element(By.CSS_SELECTOR, "button[value=allow]"))
        driver.get_log("performance")
        by_keyboard(driver, Keys.ENTER)
        urls = []

        def app_opened(driver):
            urls.extend(attempted(driver))
            return any(url.lower().startswith("com.apple.preferences://oauth-redirect?code=") for url in urls)

        WebDriverWait(driver, 30).until(app_opened)
        no_violation(driver)
    finally:
        driver.quit()


@scenario
def the_policy_of_the_pages_would_stop_a_redirect_to_another_app():
    """The proof that the scenario before sees what it says: without the scheme in form-action, Chromium complains."""
    driver = browser()
    try:
        driver.get(iphone_request())
        signed_in_by_keyboard(driver)
        driver.get(f"{BASE}/help/device")
        # A form on a page whose policy names no app, with what the consent page would send.
        driver.execute_script("""
            const form = document.createElement('form');
            form.method = 'post'; form.action = 'com.apple.Preferences://oauth-redirect';
            document.body.append(form); form.submit();""")
        WebDriverWait(driver, 30).until(
            lambda driver: any("form-action" in entry["message"] for entry in driver.get_log("browser"))
        )
    finally:
        driver.quit()


@scenario
def a_wrong_password_is_told_beside_the_field_and_the_focus_is_there():
    driver = browser()
    try:
        driver.get(iphone_request(login_hint=EMAIL))
        equal(focused(driver).get_attribute("id"), "password")
        by_keyboard(driver, "wrong", Keys.ENTER)
        WebDriverWait(driver, 30).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "[role=alert]"))
        field = driver.find_element(By.ID, "password")
        equal(field.get_attribute("aria-invalid"), "true")
        described = field.get_attribute("aria-describedby").split()
        texts = [driver.find_element(By.ID, name).text for name in described]
        assert "The name or the password is not right." in texts, texts
        equal(focused(driver).get_attribute("id"), "password")
        no_violation(driver)
    finally:
        driver.quit()


@scenario
def the_pages_speak_german_and_every_field_has_a_label():
    driver = browser(language="de")
    try:
        driver.get(iphone_request())
        heading(driver, "Anmelden")
        equal(driver.find_element(By.TAG_NAME, "html").get_attribute("lang"), "de")
        for field in driver.find_elements(By.CSS_SELECTOR, "input:not([type=hidden])"):
            labels = driver.execute_script("return arguments[0].labels.length", field)
            assert labels, field.get_attribute("name")
        signed_in_by_keyboard(driver)
        heading(driver, "Zugriff erlauben?")
        no_violation(driver)
    finally:
        driver.quit()


@scenario
def nothing_is_cut_off_on_a_screen_of_320_pixels():
    driver = browser(language="de")
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": 320, "height": 560, "deviceScaleFactor": 2, "mobile": True})
        for path in ["/help/device", "/device"]:
            driver.get(BASE + path)
            fits(driver)
        driver.get(iphone_request())
        fits(driver)
        signed_in_by_keyboard(driver)
        fits(driver)
        for path in ["/account", "/help/device"]:
            driver.get(BASE + path)
            fits(driver)
        no_violation(driver)
    finally:
        driver.quit()


@scenario
def a_person_whose_phone_waits_reads_why_by_keyboard_on_320_pixels():
    with Client(HOST, EMAIL, PASSWORD, device_id=WAITING, verify_ssl=os.environ["REQUESTS_CA_BUNDLE"]) as phone:
        phone.list_folders()
    driver = browser()
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": 320, "height": 560, "deviceScaleFactor": 2, "mobile": True})
        driver.get(f"{BASE}/help/device")
        tab_to(driver, driver.find_element(By.CSS_SELECTOR, "a.button"))
        by_keyboard(driver, Keys.ENTER)
        heading(driver, "Sign in")
        by_keyboard(driver, EMAIL, Keys.TAB, PASSWORD, Keys.ENTER)
        WebDriverWait(driver, 30).until(lambda driver: driver.current_url == f"{BASE}/help/device")
        waiting = driver.find_element(By.CSS_SELECTOR, ".standing.waiting").text
        assert waiting.startswith("Waiting to be let in, since 20"), waiting
        assert "extension 4711" in driver.find_element(By.TAG_NAME, "main").text
        fits(driver)
        no_violation(driver)
    finally:
        driver.quit()


@scenario
def everything_works_with_scripts_disabled():
    driver = browser(script=False)
    try:
        driver.get("data:text/html,<title>off</title><script>document.title='on'</script>")
        equal(driver.title, "off")
        driver.get(iphone_request())
        signed_in_by_keyboard(driver)
        heading(driver, "Allow access?")
        no_violation(driver)
    finally:
        driver.quit()


@scenario
def text_stands_out_from_its_ground_in_both_colour_schemes():
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    driver = browser()
    measure = """
        const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
        const rgb = text => text.match(/[\\d.]+/g).map(Number);
        const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
        const ground = e => { for (; e; e = e.parentElement) {
            const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
            return [255, 255, 255]; };
        return [...document.querySelectorAll('h1, h2, p, label, button, a, li, dt, dd, span')]
            .filter(e => e.innerText && e.offsetParent && !e.classList.contains('skip')).map(e => {
            const one = light(rgb(getComputedStyle(e).color)), other = light(ground(e));
            return [e.innerText.slice(0, 40), (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)]; });"""
    try:
        for scheme in ["light", "dark"]:
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                   {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            for path in [iphone_request(), f"{BASE}/help/device"]:
                driver.get(path)
                measured = driver.execute_script(measure)
                assert measured
                weak = [(text, round(ratio, 2)) for text, ratio in measured if ratio < 4.5]
                assert not weak, (scheme, weak)
    finally:
        driver.quit()


main("chromium")
