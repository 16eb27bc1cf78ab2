import { createTheme, type MantineColorsTuple } from "@mantine/core";

// The one colour that speaks: what is live, and what is pressed. Dark enough on paper, light enough on slate.
const live: MantineColorsTuple = [
  "#e8f7f0", "#d2ecdf", "#a5d9c0", "#74c59e", "#4cb583", "#2fa870", "#128259", "#0b6e4a", "#075a3c", "#03452d",
];

const alarm: MantineColorsTuple = [
  "#fdeceb", "#f8d4d1", "#f0a9a3", "#e87b73", "#df564c", "#cd3a2f", "#bf332a", "#b3261e", "#951c16", "#77150f",
];

export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Code', 'DejaVu Sans Mono', monospace",
  colors: { live, alarm },
  primaryColor: "live",
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false } },
    ModalRoot: { defaultProps: { transitionProps: { duration: 120 }, centered: true } },
  },
});
