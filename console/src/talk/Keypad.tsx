import { Button, SimpleGrid } from "@mantine/core";

export const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export function Keypad({ onPress }: { onPress: (digit: string) => void }) {
  return (
    <SimpleGrid cols={3} spacing="xs" w={220} mx="auto" role="group" aria-label="Keypad">
      {KEYS.map((digit) => (
        <Button key={digit} variant="default" size="lg" radius="xl" onClick={() => onPress(digit)} aria-label={digit === "#" ? "hash" : digit === "*" ? "star" : digit}>
          {digit}
        </Button>
      ))}
    </SimpleGrid>
  );
}
