/** One D1 insert of the body: the least that storing can cost. */
let made;

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response("ok\n");
    made ??= env.DB.prepare(
      "CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    ).run();
    await made;
    const body = await request.text();
    await env.DB.prepare("INSERT INTO event (body) VALUES (?1)").bind(body).run();
    return Response.json({ id: null });
  },
};
