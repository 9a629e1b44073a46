"""Chromium, driven by its own driver, and what every scenario looks at."""

import os

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


def browser(language="en", script=True):
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--no-proxy-server", "--ignore-certificate-errors", f"--lang={language}"]:
        options.add_argument(argument)
    preferences = {"intl.accept_languages": language}
    if not script:
        preferences["profile.managed_default_content_settings.javascript"] = 2
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")))
    driver.set_page_load_timeout(60)
    return driver


def no_violation(driver):
    """The console holds no word about a Content Security Policy, nor any other error."""
    severe = [entry["message"] for entry in driver.get_log("browser")]
    bad = [text for text in severe if "Content Security Policy" in text or "Refused" in text or "violat" in text]
    assert not bad, bad


def heading(driver, text):
    # The heading of the page before may go while it is read.
    waiting = WebDriverWait(driver, 30, ignored_exceptions=[NoSuchElementException, StaleElementReferenceException])
    waiting.until(lambda driver: driver.find_element(By.TAG_NAME, "h1").text == text)
