import com.auth0.jwk.JwkProviderBuilder
import io.ktor.server.application.install
import io.ktor.server.auth.Authentication
import io.ktor.server.auth.authenticate
import io.ktor.server.auth.jwt.JWTPrincipal
import io.ktor.server.auth.jwt.jwt
import io.ktor.server.auth.principal
import io.ktor.server.engine.embeddedServer
import io.ktor.server.netty.Netty
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import java.util.concurrent.TimeUnit

fun setting(name: String, default: String): String = System.getenv(name) ?: default

fun main() {
    val issuer = setting("ISSUER", "http://localhost:4455/")
    val audience = setting("AUDIENCE", "https://my-api")
    val jwkProvider = JwkProviderBuilder(issuer)
        .cached(10, 24, TimeUnit.HOURS)
        .rateLimited(10, 1, TimeUnit.MINUTES)
        .build()

    embeddedServer(Netty, port = setting("PORT", "8080").toInt(), host = "127.0.0.1") {
        install(Authentication) {
            jwt {
                realm = "orders"
                verifier(jwkProvider, issuer) {
                    // The API's own identifier, not the client id of an application.
                    withAudience(audience)
                    acceptLeeway(5)
                }
                validate { credential -> JWTPrincipal(credential.payload) }
            }
        }
        routing {
            authenticate {
                get("/orders") {
                    val user = call.principal<JWTPrincipal>()?.subject
                    call.respondText("Orders of $user\n")
                }
            }
        }
    }.start(wait = true)
}
