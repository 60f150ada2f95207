// Plain JavaScript of the old kind: it must run where nothing else of this project can.
const NEEDED = 24;
const found = process.versions.node;
if (Number(found.split('.')[0]) < NEEDED) {
  console.error(
    `Switchboard needs Node ${NEEDED} or newer, and this is ${found}: install it from https://nodejs.org, or with "nvm install ${NEEDED}".`,
  );
  process.exit(1);
}
