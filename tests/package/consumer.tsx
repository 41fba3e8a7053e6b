// A product in TypeScript that uses every entry; only `tsc` reads it. A wrong type in it must be an error.
import { PlimsollError, start, type Plimsoll, type Snapshot } from "plimsoll";
import { define } from "plimsoll/define";
import { FeatureHint, PlimsollProvider, useFeature, useMeter, usePlimsoll, usePrompt } from "plimsoll/react";
import { createTestPlimsoll, type TestPlimsoll } from "plimsoll/testing";

const snapshot: Snapshot = { account: { id: "acc_7" }, user: { id: "u_9" }, plan: "free", meters: { emails: { used: 1 } } };

export async function started(): Promise<string> {
  define();
  try {
    const plimsoll: Plimsoll = await start({ policy: "/policy.json", snapshot });
    const { verdict, used } = plimsoll.attempt("seats", 1);
    plimsoll.on("prompt", ({ prompt }) => plimsoll.respond(prompt.exposure, "act", prompt.actions[0]?.id));
    // @ts-expect-error a meter is a text
    plimsoll.use(5);
    return `${verdict} ${used.toFixed()}`;
  } catch (error) {
    return error instanceof PlimsollError ? error.help : "";
  }
}

function Usage() {
  const { status, used, limit } = useMeter("emails");
  const { has } = useFeature("sso");
  const prompt = usePrompt({ lane: "interrupt" });
  const plimsoll = usePlimsoll();
  return (
    <>
      <p onClick={() => plimsoll.use("emails", 20)}>{status} {used} {limit} {has}</p>
      {prompt && <button onClick={() => prompt.respond("later")}>{prompt.title}</button>}
      <FeatureHint feature="sso" step="previewed"><button>SSO</button></FeatureHint>
      <plimsoll-meter meter="emails" value={used} max={1000} className="usage">912 of 1,000 e-mails</plimsoll-meter>
      <plimsoll-gate feature="sso" mark="lock"><button>SSO</button></plimsoll-gate>
      <plimsoll-slot name="notices" id="notices" />
    </>
  );
}

export const app = (
  <PlimsollProvider options={{ policy: "/policy.json", snapshot }} onError={(error) => console.log(error.code)}>
    <Usage />
  </PlimsollProvider>
);

// @ts-expect-error a meter has to be named
export const nameless = <plimsoll-meter />;

// @ts-expect-error a hint needs a child
export const empty = <FeatureHint feature="sso" />;

export async function tested(): Promise<number> {
  const plimsoll: TestPlimsoll = await createTestPlimsoll({ policy: { format: 1 }, snapshot, now: "2026-11-22T10:00:00Z" });
  await plimsoll.advance({ days: 3 });
  const { title, actions } = await plimsoll.show("limit-hit");
  // @ts-expect-error a span has units
  await plimsoll.advance("3 days");
  return (title?.length ?? 0) + actions.length + plimsoll.events().length;
}
