// A page of a product in React, in the states that tests/package/react.test.mjs asks for by its address; the same
// source is rendered on a server and hydrated here. What it counts is on `window.seen`.
import { StrictMode, memo, useEffect, useRef, useState } from "react";
import { start } from "plimsoll";
import { FeatureHint, PlimsollProvider, useFeature, useMeter, usePlimsoll, usePrompt } from "plimsoll/react";

export const snapshot = (used = 400, more = {}) => ({
  account: { id: "acc_7", created_at: "2025-01-01T00:00:00Z" },
  user: { id: "u_9", created_at: "2025-01-01T00:00:00Z" },
  plan: "free",
  plan_epoch: 1,
  can_purchase: true,
  meters: { emails: { used, limit: 1000 }, seats: { used: 1, limit: 3 } },
  ...more,
});

const seen = (globalThis.seen ??= { renders: {}, errors: [], clicks: 0 });

function Meter({ id }) {
  const { status, used, limit, percent } = useMeter(id);
  seen.renders[id] = (seen.renders[id] ?? 0) + 1;
  return <p id={id}>{`${status} ${used} ${limit} ${percent ?? "-"}`}</p>;
}
const Seats = memo(() => <Meter id="seats" />);

function Feature() {
  const { status, has } = useFeature("automation");
  return <p id="feature">{`${status} ${has}`}</p>;
}

const Inside = () => <b>Automation</b>;

function Drawn() {
  const prompt = usePrompt({ lane: "ambient" });
  const last = useRef(null);
  useEffect(() => {
    if (prompt && last.current !== prompt.exposure) prompt.painted("rendered");
    last.current = prompt?.exposure;
  }, [prompt]);
  return prompt ? <section id="drawn">{prompt.title}<button id="later" onClick={() => prompt.respond("later")}>Later</button></section> : null;
}

/** Calls before the start, in the order that only one outcome fits. */
function Early({ count }) {
  const plimsoll = usePlimsoll();
  useEffect(() => {
    seen.calls ??= plimsoll;
    seen.is_same = seen.calls === plimsoll;
    if (seen.early) return;
    seen.early = plimsoll.use("emails", 1) === "" && plimsoll.fits("emails", 1) && plimsoll.read().plan === undefined;
    for (let made = 1; made < count; made += 1) plimsoll.use("emails", 1);
    plimsoll.on("crossing", ({ percent }) => (seen.crossing = percent));
  }, [plimsoll]);
  return null;
}

export function Page({ wanted = "", policy = "/policy.json" }) {
  const [is_there, setThere] = useState(true);
  const [used, setUsed] = useState(400);
  const [plan, setPlan] = useState("free");
  const [is_known, setKnown] = useState(true);
  const [instance, setInstance] = useState(undefined);
  const options = {
    policy: wanted.includes("missing") ? "/nowhere.json" : policy,
    wasm: "/dist/",
    ...(wanted.includes("told") && { endpoint: "/p", key: "pk_test" }),
    view: wanted.includes("headless") ? "none" : "auto",
    snapshot: is_known ? snapshot(wanted.includes("banner") ? 900 : used, { plan, plan_epoch: plan === "free" ? 1 : 2 }) : undefined,
    onAction: (intent) => (seen.action = [intent.action, used]),
  };
  useEffect(() => {
    if (wanted.includes("given")) start(options).then((made) => setInstance((seen.given = made)));
  }, [wanted]);
  return (
    <main>
      <h1>Product</h1>
      <button id="more" onClick={() => setUsed(500)}>More</button>
      <button id="upgrade" onClick={() => setPlan("pro")}>Upgrade</button>
      <button id="leave" onClick={() => setThere(!is_there)}>Leave</button>
      <button id="logout" onClick={() => setKnown(false)}>Log out</button>
      {is_there && (instance || !wanted.includes("given")) && (
        <PlimsollProvider {...(instance ? { instance } : { options })} onError={(error) => seen.errors.push(error.code)}>
          <Meter id="emails" />
          <Seats />
          <Meter id="nothing" />
          <Feature />
          <FeatureHint feature="automation">
            <button id="hint" onClick={() => (seen.clicks += 1)}><Inside /></button>
          </FeatureHint>
          <FeatureHint feature="automation">just words</FeatureHint>
          {wanted.includes("early") && <Early count={wanted.includes("many") ? 600 : 100} />}
          {wanted.includes("headless") && <Drawn />}
          <Use />
        </PlimsollProvider>
      )}
      {wanted.includes("alone") && <Meter id="alone" />}
    </main>
  );
}

function Use() {
  const plimsoll = usePlimsoll();
  seen.plimsoll = plimsoll;
  return <button id="use" onClick={() => plimsoll.use("emails", 10)}>Send</button>;
}

export const Strict = (props) => <StrictMode><Page {...props} /></StrictMode>;
