// SurrealDB's server as its authors' own main starts it.
#![recursion_limit = "512"]
fn main() -> std::process::ExitCode {
	surrealdb_server::init(surrealdb_server::core::CommunityComposer())
}
