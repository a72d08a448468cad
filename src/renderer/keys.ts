/** Whether a key belongs to the text that is being typed. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type="checkbox"]):not([type="radio"]), textarea');
}
