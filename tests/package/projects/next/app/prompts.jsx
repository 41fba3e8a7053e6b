"use client";

import { PlimsollProvider } from "plimsoll/react";

// Functions are options, too, and they cannot come from the server: so the provider has a file of its own.
export function Prompts({ snapshot, children }) {
  return <PlimsollProvider options={{ policy: "/policy.json", snapshot, onAction: console.log }}>{children}</PlimsollProvider>;
}
