"""The sign-in pages, filled in and sent by plain HTTP, as a browser without script would."""

import html.parser
import urllib.parse

import requests


class _Forms(html.parser.HTMLParser):
    """Collects forms: action, named fields, and the named buttons."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append({"action": attrs.get("action", ""), "fields": {}, "buttons": []})
        elif tag == "input" and self.forms and "name" in attrs:
            self.forms[-1]["fields"][attrs["name"]] = attrs.get("value", "")
        elif tag == "button" and self.forms and "name" in attrs:
            self.forms[-1]["buttons"].append((attrs["name"], attrs.get("value", "")))


class Browser:
    """Follows redirections within the server, keeps cookies, and stops where the app would take over."""

    def __init__(self, base):
        self.base = base
        self.session = requests.Session()
        self.page = None

    def go(self, url, data=None):
        """The address that leads away from the server, or None when a page is shown."""
        method = "GET" if data is None else "POST"
        while True:
            answer = self.session.request(
                method, urllib.parse.urljoin(self.base, url), data=data, allow_redirects=False, timeout=30
            )
            if answer.status_code not in (302, 303):
                self.page = answer
                return None
            url, method, data = answer.headers["Location"], "GET", None
            if not urllib.parse.urljoin(self.base, url).startswith(self.base):
                return url

    def form(self, action):
        parser = _Forms()
        parser.feed(self.page.text)
        return next(form for form in parser.forms if form["action"] == action)

    def send(self, action, **typed):
        fields = self.form(action)["fields"]
        unknown = set(typed) - set(fields) - {"decision", "account"}
        assert not unknown, f"the form has no {unknown}"
        return self.go(action, {**fields, **typed})

    def sign_in(self, url, email, password, decision="allow"):
        """From an app's request to the address that the app gets."""
        assert self.go(url) is None
        assert self.send("/sign-in", name=email, password=password) is None, self.page.text
        return self.send("/sign-in/consent", decision=decision)
