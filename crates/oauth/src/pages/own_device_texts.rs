//! What the pages say about a person's own devices.

/// The texts in one language.
pub(crate) struct OwnDeviceTexts {
    pub(crate) title: &'static str,
    pub(crate) none: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) from_next_sync: &'static str,
    pub(crate) last_here: &'static str,
    pub(crate) device_id: &'static str,

    pub(crate) by_rule: fn(&str) -> String,
    pub(crate) by_administrator: &'static str,
    pub(crate) by_default_allowed: &'static str,
    pub(crate) by_default_waiting: &'static str,
    pub(crate) by_default_refused: &'static str,
    pub(crate) by_device_policy: &'static str,
    pub(crate) by_activesync_off: &'static str,
    pub(crate) by_wipe: &'static str,

    pub(crate) meanwhile_allowed: &'static str,
    pub(crate) meanwhile_waiting: &'static str,
    pub(crate) meanwhile_refused: &'static str,
    pub(crate) meanwhile_wiped: &'static str,

    pub(crate) you_can: &'static str,
    pub(crate) update: &'static str,
    pub(crate) enrol: &'static str,
    pub(crate) other_network: &'static str,
    pub(crate) fewer_devices: &'static str,
    pub(crate) accept_policy: &'static str,
    pub(crate) second_account: fn(&str) -> String,
    pub(crate) ask: &'static str,
    pub(crate) administrator: &'static str,
    pub(crate) they_see: &'static str,

    pub(crate) sign_in_to_see: &'static str,
    pub(crate) sign_in_button: &'static str,
    pub(crate) why: &'static str,
    pub(crate) perhaps_held_back: &'static str,
    pub(crate) back_to_sign_in: &'static str,
}

pub(crate) const ENGLISH: OwnDeviceTexts = OwnDeviceTexts {
    title: "Your devices and their contacts",
    none: "No device has asked for your contacts yet.",
    allowed: "Let in",
    waiting: "Waiting to be let in",
    refused: "Refused",
    from_next_sync: "from its next sync on",
    last_here: "last here",
    device_id: "device ID",

    by_rule: |rule| format!("Your company's rule “{rule}” decides this."),
    by_administrator: "An administrator decided this for this device.",
    by_default_allowed: "No rule of your company stands against it.",
    by_default_waiting: "Your company checks devices before they get contacts.",
    by_default_refused: "Your company lets in only devices that one of its rules names.",
    by_device_policy: "The device has not accepted your company's requirements yet.",
    by_activesync_off: "Contacts on phones are switched off for your account.",
    by_wipe: "Your company has asked for the account to be taken off this device.",

    meanwhile_allowed: "Your contacts are kept the same there and here.",
    meanwhile_waiting: "Until then the account on the device is empty. Your contacts are safe on the server, and what you add on the device is kept there too. Once it is let in, all of them are on the device.",
    meanwhile_refused: "The device gets no contacts. Your contacts are safe on the server; what you change on this device is taken over only once it is let in.",
    meanwhile_wiped: "The contacts disappear from this device. They are safe on the server and on your other devices.",

    you_can: "What you can do about it:",
    update: "Install all updates of the operating system.",
    enrol: "Make sure that the device is enrolled in your company's device management, and that nothing is asked of you there.",
    other_network: "Try it in another network, such as your company's.",
    fewer_devices: "Remove the account from a device that you no longer use, and say so when you ask.",
    accept_policy: "Open the account in the device's settings and accept what it asks for, such as a passcode.",
    second_account: |name| {
        format!(
            "The account {name} on this device was refused, because you have another one on it. Remove it; the other one stays."
        )
    },
    ask: "Questions? Ask",
    administrator: "your administrator",
    they_see: "They see this device and the reason, and can let it in.",

    sign_in_to_see: "Sign in to see how each of your own devices stands, and why.",
    sign_in_button: "Sign in and see my devices",
    why: "Why are there no contacts on my device?",
    perhaps_held_back: "If you are signing in on a device that your company has not let in, the account on it stays empty. Go on all the same: nothing is lost, and the contacts come by themselves once it is let in. Devices like this one:",
    back_to_sign_in: "Back to signing in",
};

pub(crate) const GERMAN: OwnDeviceTexts = OwnDeviceTexts {
    title: "Ihre Geräte und deren Kontakte",
    none: "Noch hat kein Gerät nach Ihren Kontakten gefragt.",
    allowed: "Zugelassen",
    waiting: "Wartet auf die Zulassung",
    refused: "Abgewiesen",
    from_next_sync: "ab dem nächsten Abgleich",
    last_here: "zuletzt hier",
    device_id: "Geräte-ID",

    by_rule: |rule| format!("Das bestimmt die Regel „{rule}“ Ihrer Firma."),
    by_administrator: "Das hat Ihre Administration für dieses Gerät entschieden.",
    by_default_allowed: "Keine Regel Ihrer Firma spricht dagegen.",
    by_default_waiting: "Ihre Firma prüft Geräte, bevor sie Kontakte bekommen.",
    by_default_refused: "Ihre Firma lässt nur Geräte zu, die eine ihrer Regeln nennt.",
    by_device_policy: "Das Gerät hat die Vorgaben Ihrer Firma noch nicht angenommen.",
    by_activesync_off: "Kontakte auf Telefonen sind für Ihr Konto abgeschaltet.",
    by_wipe: "Ihre Firma hat veranlasst, dass das Konto von diesem Gerät entfernt wird.",

    meanwhile_allowed: "Ihre Kontakte werden dort und hier gleich gehalten.",
    meanwhile_waiting: "Bis dahin ist das Konto auf dem Gerät leer. Ihre Kontakte liegen sicher auf dem Server, und was Sie auf dem Gerät hinzufügen, wird ebenfalls dort aufgehoben. Sobald es zugelassen ist, sind alle auf dem Gerät.",
    meanwhile_refused: "Das Gerät bekommt keine Kontakte. Ihre Kontakte liegen sicher auf dem Server; was Sie auf diesem Gerät ändern, wird erst übernommen, wenn es zugelassen ist.",
    meanwhile_wiped: "Die Kontakte verschwinden von diesem Gerät. Auf dem Server und auf Ihren anderen Geräten sind sie sicher.",

    you_can: "Was Sie tun können:",
    update: "Installieren Sie alle Aktualisierungen des Betriebssystems.",
    enrol: "Prüfen Sie, ob das Gerät in der Geräteverwaltung Ihrer Firma angemeldet ist und dort nichts mehr von Ihnen verlangt wird.",
    other_network: "Versuchen Sie es in einem anderen Netz, etwa dem Ihrer Firma.",
    fewer_devices: "Entfernen Sie das Konto von einem Gerät, das Sie nicht mehr benutzen, und sagen Sie das, wenn Sie fragen.",
    accept_policy: "Öffnen Sie das Konto in den Einstellungen des Geräts und nehmen Sie an, was verlangt wird, etwa einen Gerätecode.",
    second_account: |name| {
        format!(
            "Das Konto {name} auf diesem Gerät wurde abgewiesen, weil Sie dort schon eines haben. Entfernen Sie es; das andere bleibt."
        )
    },
    ask: "Fragen? Hier bekommen Sie Hilfe:",
    administrator: "Ihre Administration",
    they_see: "Dort sieht man dieses Gerät und den Grund und kann es zulassen.",

    sign_in_to_see: "Melden Sie sich an, um zu sehen, wie es um jedes Ihrer Geräte steht und warum.",
    sign_in_button: "Anmelden und meine Geräte sehen",
    why: "Warum sind auf meinem Gerät keine Kontakte?",
    perhaps_held_back: "Wenn Sie sich auf einem Gerät anmelden, das Ihre Firma nicht zugelassen hat, bleibt das Konto darauf leer. Sie können trotzdem weitermachen: Nichts geht verloren, und die Kontakte kommen von selbst, sobald es zugelassen ist. Geräte wie dieses:",
    back_to_sign_in: "Zurück zur Anmeldung",
};
