// Unpacks Chromium before the first file asks for it: two at once would write over one another.
import chromium from '@sparticuz/chromium';

export default async function unpack(): Promise<void> {
  await chromium.executablePath();
}
