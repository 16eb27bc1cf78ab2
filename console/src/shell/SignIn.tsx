import { Button, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { ask, Refused } from "../api";

interface Props {
  /** Why nobody is let in yet, in the server's words. */
  sentence: string;
  onSigned: () => void;
}

export function SignIn({ sentence, onSigned }: Props) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const isClosed = sentence.includes("Set OFFHOOK_TOKEN");

  async function sign(): Promise<void> {
    setBusy(true);
    setProblem("");
    try {
      await ask("/api/session", { method: "POST", headers: { authorization: `Bearer ${token.trim()}` } });
      onSigned();
    } catch (error) {
      const wrong = error instanceof Refused && error.status === 401;
      setProblem(wrong ? "That is not the operator's token. It is what OFFHOOK_TOKEN is set to on the server." : String((error as Error).message));
    } finally {
      setBusy(false);
    }
  }

  if (isClosed) {
    return (
      <main className="alone">
        <h1>offhook</h1>
        <p>This server shows its calls to nobody yet. Give it a token, start it again, and sign in with that here:</p>
        <pre>OFFHOOK_TOKEN=$(openssl rand -hex 24) offhook serve</pre>
      </main>
    );
  }
  return (
    <main className="alone">
      <h1>offhook</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void sign();
        }}
      >
        <input type="text" name="username" autoComplete="username" defaultValue="operator" hidden readOnly />
        <PasswordInput
          label="Operator's token"
          description="What OFFHOOK_TOKEN is set to on the server. This browser stays signed in for 12 hours."
          autoComplete="current-password"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={problem}
          autoFocus
        />
        <Button type="submit" mt="md" loading={busy} disabled={!token.trim()}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
