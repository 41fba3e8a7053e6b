import { StrictMode, useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { FeatureHint, PlimsollProvider, useMeter, usePlimsoll } from "plimsoll/react";

const snapshot = {
  account: { id: "acc_7" },
  user: { id: "u_9" },
  plan: "free",
  meters: { emails: { used: 880 }, seats: { used: 1 } },
};

function Product() {
  const plimsoll = usePlimsoll();
  const { used } = useMeter("emails");
  // Strict mode runs effects twice while one develops, and what is used twice counts twice.
  const is_sent = useRef(false);
  useEffect(() => {
    if (is_sent.current) return;
    is_sent.current = true;
    plimsoll.use("emails", 25); // 905 of 1,000: the banner for 90 %
  }, []);
  return (
    <>
      <h1>Product</h1>
      <p>{used} e-mails</p>
      <FeatureHint feature="automation"><button>Automation</button></FeatureHint>
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <PlimsollProvider options={{ policy: "/policy.json", snapshot }}>
      <Product />
    </PlimsollProvider>
  </StrictMode>,
);
