// @ts-check
/** So far is the stage's clock ahead of the machine's, in milliseconds. */
let ahead = 0;
const machineNow = Date.now;
const now = () => machineNow() + ahead;

/**
 * Sets `Date` ahead for everything that runs in this process. Timers stay those of the machine: what
 * waits for half a second waits for half a second.
 * @param {number} ms
 */
export function setAhead(ms) {
  if (ahead === 0 && ms !== 0) install();
  ahead = ms;
}

function install() {
  const MachineDate = Date;
  MachineDate.now = now;
  const StageDate = new Proxy(MachineDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new MachineDate(now()).toString(),
  });
  MachineDate.prototype.constructor = StageDate;
  globalThis.Date = StageDate;
}
