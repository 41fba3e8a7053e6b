"use client";

import { useEffect } from "react";
import { useMeter, usePlimsoll } from "plimsoll/react";

export function Usage() {
  const plimsoll = usePlimsoll();
  const { used, limit = 1000 } = useMeter("emails");
  useEffect(() => {
    if (used === 880) plimsoll.use("emails", 25); // 905 of 1,000: the banner for 90 %
  }, [used]);
  return <p id="usage">{used} of {limit} e-mails</p>;
}
