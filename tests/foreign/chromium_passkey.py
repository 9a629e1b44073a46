"""Passkeys in a real browser: Chromium with a virtual authenticator, which answers as a person's own would.

BOTHWAYS_PLAIN      a server without TLS, as http://localhost:PORT: browsers refuse passkeys where the certificate is not
                    trusted, and take localhost without one
"""

import os

from selenium.webdriver.common.by import By
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support.ui import WebDriverWait

from chromium_pages import browser, heading, no_violation
from scenarios import EMAIL, PASSWORD, equal, main, scenario

BASE = os.environ["BOTHWAYS_PLAIN"]


def authenticator(driver):
    options = VirtualAuthenticatorOptions()
    options.protocol = VirtualAuthenticatorOptions.Protocol.CTAP2
    options.transport = VirtualAuthenticatorOptions.Transport.INTERNAL
    options.has_resident_key = True
    options.has_user_verification = True
    options.is_user_verified = True
    driver.add_virtual_authenticator(options)


def type_password(driver):
    driver.get(f"{BASE}/account")
    driver.find_element(By.ID, "name").send_keys(EMAIL)
    driver.find_element(By.ID, "password").send_keys(PASSWORD)
    driver.find_element(By.CSS_SELECTOR, "form[action='/sign-in'] button[type=submit]").click()


def press_passkey(driver):
    button = WebDriverWait(driver, 30).until(lambda driver: driver.find_element(By.ID, "passkey-button"))
    assert button.is_displayed(), "the script has not run"
    assert not driver.find_element(By.ID, "passkey-needs-script").is_displayed()
    button.click()


@scenario
def a_person_adds_a_passkey_and_signs_in_with_it():
    driver = browser()
    try:
        authenticator(driver)
        type_password(driver)
        heading(driver, "Your account")
        driver.find_element(By.ID, "label").send_keys("This laptop")
        driver.find_element(By.CSS_SELECTOR, "button[formaction='/account/passkey']").click()
        heading(driver, "Add a passkey")
        press_passkey(driver)
        heading(driver, "Recovery codes")
        codes = [element.text for element in driver.find_elements(By.CSS_SELECTOR, ".codes code")]
        equal(len(set(codes)), 10)
        equal(len(driver.get_credentials()), 1)
        driver.get(f"{BASE}/account")
        assert "This laptop, Passkey" in driver.find_element(By.TAG_NAME, "main").text

        # The password alone does not open the account any more; twice, so that the signature counter has to go on.
        for _ in range(2):
            driver.delete_all_cookies()
            type_password(driver)
            heading(driver, "Confirm that it is you")
            press_passkey(driver)
            heading(driver, "Your account")
        no_violation(driver)

        # A passkey the server never saw is none: the page stays, and says that a code is good too.
        driver.delete_all_cookies()
        driver.remove_all_credentials()
        type_password(driver)
        heading(driver, "Confirm that it is you")
        press_passkey(driver)
        WebDriverWait(driver, 90).until(lambda driver: driver.find_element(By.ID, "passkey-failed").is_displayed())
        no_violation(driver)
        driver.find_element(By.ID, "code").send_keys(codes[0])
        driver.find_element(By.CSS_SELECTOR, "button[value=go]").click()
        heading(driver, "Your account")
        # For whoever comes next.
        driver.find_element(By.CSS_SELECTOR, "form[action='/account/remove'] button").click()
        WebDriverWait(driver, 30).until(lambda driver: driver.current_url.endswith("done=factor-removed"))
        no_violation(driver)
    finally:
        driver.quit()


@scenario
def without_a_script_the_pages_say_to_use_a_code():
    driver = browser(script=False)
    try:
        type_password(driver)
        heading(driver, "Your account")
        driver.find_element(By.CSS_SELECTOR, "button[formaction='/account/passkey']").click()
        heading(driver, "Add a passkey")
        assert driver.find_element(By.ID, "passkey-needs-script").is_displayed()
        assert not driver.find_element(By.ID, "passkey-button").is_displayed()
    finally:
        driver.quit()


main("chromium")
