import { Prompts } from "./prompts.jsx";

export const metadata = { title: "Product" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <Prompts snapshot={{ account: { id: "acc_7" }, user: { id: "u_9" }, plan: "free", meters: { emails: { used: 880 }, seats: { used: 1 } } }}>
          {children}
        </Prompts>
      </body>
    </html>
  );
}
