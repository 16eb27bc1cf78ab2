import "@fontsource-variable/inter";
import "./mantine.css";
import "./style.css";
import { createRoot } from "react-dom/client";
import { Console } from "./Console";

createRoot(document.getElementById("root")!).render(<Console />);
