//! A worker by itself: what the pool's tests start. The server's own is `aldgate action-worker`.

fn main() -> std::io::Result<()> {
    aldgate_actions::serve()
}
