// Sends the form of a form_post response on its way. Without this script its button does.
const form = document.querySelector("form[data-auto-submit]");
// The prototype's method: a field named "submit" would hide the form's own.
HTMLFormElement.prototype.submit.call(form);
