// Passkeys: the only thing on these pages that needs a script. Whoever has none uses a code.
"use strict";
(() => {
  const form = document.getElementById("passkey");
  if (!form || !window.PublicKeyCredential) return;
  const button = document.getElementById("passkey-button");
  const failed = document.getElementById("passkey-failed");

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => {
    let letters = "";
    for (const byte of new Uint8Array(buffer)) letters += String.fromCharCode(byte);
    return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const descriptors = (list) => (list || []).map((entry) => ({ ...entry, id: bytes(entry.id) }));

  const create = async (asked) => {
    const publicKey = {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: descriptors(asked.excludeCredentials),
    };
    const credential = await navigator.credentials.create({ publicKey });
    const { clientDataJSON, attestationObject } = credential.response;
    const response = { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) };
    return { credential, response };
  };

  const get = async (asked) => {
    const publicKey = {
      ...asked,
      challenge: bytes(asked.challenge),
      allowCredentials: descriptors(asked.allowCredentials),
    };
    const credential = await navigator.credentials.get({ publicKey });
    const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
    const response = {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    };
    return { credential, response };
  };

  button.addEventListener("click", async () => {
    failed.hidden = true;
    button.disabled = true;
    try {
      const { publicKey } = JSON.parse(form.dataset.options);
      const { credential, response } = await (form.dataset.wish === "add" ? create : get)(publicKey);
      const answer = { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
      form.elements.namedItem("passkey").value = JSON.stringify(answer);
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
  document.getElementById("passkey-needs-script").hidden = true;
  button.hidden = false;
})();
