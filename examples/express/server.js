// A protected API: the audience is its own identifier, not the client id of an application.
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';

const {
  ISSUER = 'http://localhost:4455/',
  AUDIENCE = 'https://my-api',
  PORT = '8080',
} = process.env;

const app = express();
app.use(auth({ issuerBaseURL: ISSUER, audience: AUDIENCE }));
app.get('/orders', (request, response) => {
  const { sub, azp, scope } = request.auth.payload;
  response.json({ user: sub, application: azp, scope, orders: ['a lamp', 'a book'] });
});
app.use((error, request, response, next) => {
  response.set(error.headers ?? {}).status(error.status ?? 500).json({ error: error.message });
});
app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/orders`));
