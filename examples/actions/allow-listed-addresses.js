// The back office can be reached from the office only: addresses and CIDR blocks of IPv4.
const BLOCKS = ["192.0.2.0/24", "203.0.113.7"];
const CLIENTS = ["back-office"];

const number = (ip) => ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const within = (ip, block) => {
  const [base, bits = "32"] = block.split("/");
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(ip) / size) === Math.floor(number(base) / size);
};

exports.onExecutePostLogin = async (event, api) => {
  if (!CLIENTS.includes(event.client.client_id)) return;
  const { ip } = event.request;
  const known = /^[0-9.]+$/.test(ip) && BLOCKS.some((block) => within(ip, block));
  if (!known) api.access.deny("This application works in the office only.");
};
