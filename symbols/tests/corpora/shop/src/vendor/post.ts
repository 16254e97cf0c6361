export async function* retries(count: number) {
  for (let n = 0; n < count; n++) yield n / 2;
}

export async function postOrder(path: string, body: unknown) {
  for await (const attempt of retries(3)) {
    const answer = await sendOnce(path, body);
    if (answer.ok) return answer;
    if (attempt > 2) throw new Error(`gave up on ${path}`);
  }
}

function sendOnce(path: string, body: unknown): Promise<Response> {
  return fetch(path, { method: "POST", body: JSON.stringify(body) });
}
