import { ActionIcon, Slider } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { clock } from "../format";
import { Icon } from "../Icon";
import { useKeys } from "../shell/keys";
import type { Pointer } from "./pointer";

/** How the rest of the page makes a recording play: set by the player, called with a moment of the call. */
export interface Play {
  from: ((at: number) => void) | null;
}

interface Props {
  url: string;
  /** When the recording begins, since the call did. */
  offset: number;
  pointer: Pointer;
  play: Play;
}

/** Plays a recording; while it plays, its moment is the one that is pointed at. */
export function Player({ url, offset, pointer, play }: Props) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    play.from = (moment) => {
      if (!audio.current) return;
      audio.current.currentTime = Math.max(0, (moment - offset) / 1000);
      void audio.current.play().catch(() => setProblem("The recording cannot be played."));
    };
    return () => {
      play.from = null;
    };
  }, [play, offset]);

  useEffect(() => {
    if (!playing) return;
    let frame = 0;
    const move = () => {
      const now = audio.current?.currentTime ?? 0;
      setAt(now);
      pointer.set(now * 1000 + offset);
      frame = requestAnimationFrame(move);
    };
    move();
    return () => {
      cancelAnimationFrame(frame);
      pointer.set(null);
    };
  }, [playing, offset, pointer]);

  const toggle = () => {
    if (!audio.current) return;
    if (playing) audio.current.pause();
    else void audio.current.play().catch(() => setProblem("The recording cannot be played."));
  };
  useKeys({ space: toggle });

  return (
    <div className="player">
      <audio
        ref={audio}
        src={url}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onLoadedMetadata={(event) => setLength(event.currentTarget.duration)}
        onError={() => setProblem("The recording is not there any more.")}
      />
      <ActionIcon variant="default" size="lg" onClick={toggle} aria-label={playing ? "Pause" : "Play"} disabled={Boolean(problem)}>
        <Icon of={playing ? "pause" : "play"} />
      </ActionIcon>
      <span className="quiet">{clock(at * 1000)}</span>
      <Slider
        className="seek"
        value={at}
        max={Number.isFinite(length) && length > 0 ? length : 1}
        step={0.1}
        label={(value) => clock(value * 1000)}
        thumbLabel="Position in the recording"
        onChange={(value) => {
          setAt(value);
          if (audio.current) audio.current.currentTime = value;
        }}
        disabled={Boolean(problem)}
      />
      <span className="quiet">{clock(length * 1000)}</span>
      <a href={url} download>
        Save
      </a>
      {problem && <span role="status">{problem}</span>}
    </div>
  );
}
