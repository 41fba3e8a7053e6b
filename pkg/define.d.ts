/** Registers `<plimsoll-meter>`; importing `plimsoll/define` does it by itself. */
export function define(): void;
