// Before the page's own program: a microphone that says what the test tells it to, and a record of what goes over the
// line and out of the speaker. Nothing of the page is replaced but the device.
(() => {
  const seen = (window.seen = { sent: [], items: {}, closes: 0, output: [], devices: 0 });
  const base64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(url, ...more) {
      super(url, ...more);
      if (!String(url).includes("/web/ws")) return;
      let item = "";
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string") {
          const told = JSON.parse(data);
          if (told.type === "item") item = told.item;
          if (told.type === "clear" || told.type === "item") seen.sent.push({ got: told.type, item: told.item, ms: told.ms });
        } else (seen.items[item] ??= []).push(base64(data));
      });
      this.addEventListener("close", () => seen.closes++);
    }
    send(data) {
      if (typeof data === "string") seen.sent.push(JSON.parse(data));
      super.send(data);
    }
  };

  const TAP = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
  })`;
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (window.tapSpeaker && to instanceof AudioDestinationNode) {
      const from = this;
      void this.context.audioWorklet.addModule(URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }))).then(() => {
        const tap = new AudioWorkletNode(from.context, "tap", { numberOfOutputs: 0 });
        tap.port.onmessage = ({ data }) => seen.output.push(data);
        connect.call(from, tap);
        seen.tapped = true;
      });
    }
    return connect.call(this, to, ...more);
  };

  if (window.useFakeMicrophone !== false) {
    let mouth = null;
    const open = async () => {
      seen.devices++;
      if (window.refuse) throw new DOMException("", window.refuse);
      mouth ??= new AudioContext();
      await mouth.resume();
      const out = mouth.createMediaStreamDestination();
      window.mouths = [...(window.mouths ?? []), out];
      return out.stream;
    };
    navigator.mediaDevices.getUserMedia = open;
    window.say = async (wav) => {
      const sound = await mouth.decodeAudioData(bytes(wav).buffer);
      const source = new AudioBufferSourceNode(mouth, { buffer: sound });
      source.connect(window.mouths.at(-1));
      source.start();
    };
    window.unplug = () => {
      const [track] = window.mouths.at(-1).stream.getTracks();
      track.stop();
      track.dispatchEvent(new Event("ended"));
    };
  }
  window.speaker = () => {
    const all = new Float32Array(seen.output.reduce((sum, each) => sum + each.length, 0));
    let at = 0;
    for (const each of seen.output) { all.set(each, at); at += each.length; }
    return base64(all.buffer);
  };
})();
