//# allFunctionsCalledOnLoad
/**
 * What a call answers when it cannot do its work: an instance that was given something wrong, and whoever stands in
 * for one that has not started. Calls that are not here answer nothing.
 */
export const NEUTRAL = {
  use: String,
  release: String,
  attempt: () => ({ verdict: "fits", used: 0 }),
  fits: () => true,
  setLocale: async () => {},
  read: () => ({ meters: {}, features: {}, arms: {} }),
  explain: () => ({ prompts: [], meters: {}, arms: {} }),
  on: () => () => {},
};
