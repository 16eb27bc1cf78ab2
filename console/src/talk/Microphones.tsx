import { NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";

interface Props {
  /** The device in use, or chosen. */
  device: string | null;
  /** Changes when a microphone was opened: only then browsers tell the names. */
  isOpen: boolean;
  onChoose: (device: string) => void;
}

export function Microphones({ device, isOpen, onChoose }: Props) {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!media?.enumerateDevices) return;
    const look = () => void media.enumerateDevices().then((all) => setDevices(all.filter((each) => each.kind === "audioinput" && each.deviceId)));
    look();
    media.addEventListener("devicechange", look);
    return () => media.removeEventListener("devicechange", look);
  }, [isOpen]);
  const named = devices.filter((each) => each.label);
  if (!named.length) return null;
  return (
    <NativeSelect
      label="Microphone"
      value={device ?? named[0]?.deviceId ?? ""}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
      data={named.map((each) => ({ value: each.deviceId, label: each.label }))}
    />
  );
}
