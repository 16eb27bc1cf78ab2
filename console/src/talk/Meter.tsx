import { useEffect, useRef } from "react";

interface Props {
  label: string;
  analyser: AnalyserNode | null | undefined;
}

const FLOOR_DB = -60;

/** How loud a sound is now, drawn past React: sixty times a second. */
export function Meter({ label, analyser }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = bar.current;
    if (!element || !analyser) return;
    const samples = new Float32Array(analyser.fftSize);
    let frame = 0;
    let level = 0;
    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      let peak = 0;
      for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
      const now = peak > 0 ? Math.max(0, 1 - (20 * Math.log10(peak)) / FLOOR_DB) : 0;
      level = Math.max(now, level * 0.92);
      element.style.transform = `scaleX(${level.toFixed(3)})`;
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      element.style.transform = "scaleX(0)";
    };
  }, [analyser]);
  return (
    <div className="talk-meter" aria-hidden>
      <span>{label}</span>
      <div>
        <div ref={bar} />
      </div>
    </div>
  );
}
