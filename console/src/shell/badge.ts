/** The tab: its title and its icon show how many calls are on. */

export function showCount(count: number, screen: string): void {
  document.title = `${count ? `(${count}) ` : ""}${screen ? `${screen} · ` : ""}offhook`;
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (!icon) return;
  const wanted = count ? `data:image/svg+xml,${encodeURIComponent(drawn(count))}` : "/favicon.svg";
  if (icon.getAttribute("href") !== wanted) icon.href = wanted;
}

function drawn(count: number): string {
  const text = count > 99 ? "99" : String(count);
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6e4a"/>' +
    `<text x="16" y="23" font-family="system-ui,sans-serif" font-weight="700" font-size="20" text-anchor="middle" fill="#fff">${text}</text></svg>`
  );
}
