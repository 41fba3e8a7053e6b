// Puts the page into a document: hydrates what a server has rendered, else renders it.
import { createRoot, hydrateRoot } from "react-dom/client";
import { Strict } from "./page.jsx";

const place = document.getElementById("root");
const page = <Strict wanted={location.search} />;
const onRecoverableError = (error) => console.error(`recovered: ${error}`);
if (place.firstChild) globalThis.root = hydrateRoot(place, page, { onRecoverableError });
else (globalThis.root = createRoot(place)).render(page);
