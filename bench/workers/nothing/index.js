/** Answers, and does nothing: what the machine, workerd and the sender cost. */
export default {
  async fetch(request) {
    await request.arrayBuffer();
    return Response.json({ id: null });
  },
};
