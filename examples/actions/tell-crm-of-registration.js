// New users appear in the customer register. With axios, as many actions have it.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  await axios.post(
    "https://crm.example.com/customers",
    { email: event.user.email, id: event.user.user_id },
    { headers: { "x-api-key": event.secrets.CRM_KEY } },
  );
};
