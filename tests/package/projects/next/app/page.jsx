import { FeatureHint } from "plimsoll/react";
import { Usage } from "./usage.jsx";

export default function Page() {
  return (
    <main>
      <h1>Product</h1>
      <Usage />
      <p>Its own page, which does not move.</p>
      <FeatureHint feature="automation"><button>Automation</button></FeatureHint>
    </main>
  );
}
