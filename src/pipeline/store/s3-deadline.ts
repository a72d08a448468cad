/** The deadline of one request to an S3 server: so much silence, not so much time. */
import { lateS3, toS3Error } from './s3-errors.ts';

export interface Deadline {
  readonly options: { readonly abortSignal: AbortSignal; readonly requestTimeout: number };
  /** Something came: the deadline begins anew. */
  readonly touch: () => void;
}

/** @param onSilence called before the request is given up */
export async function inTime<T>(
  tried: string,
  ms: number,
  onSilence: () => void,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const passed = new AbortController();
  let timer = setTimeout(() => passed.abort(), ms);
  const touch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => passed.abort(), ms);
  };
  const late = new Promise<never>((_resolve, reject) => {
    passed.signal.addEventListener('abort', () => {
      onSilence();
      reject(lateS3(tried, ms));
    });
  });
  try {
    return await Promise.race([work({ options: { abortSignal: passed.signal, requestTimeout: ms }, touch }), late]);
  } catch (error) {
    throw toS3Error(tried, error);
  } finally {
    clearTimeout(timer);
  }
}
