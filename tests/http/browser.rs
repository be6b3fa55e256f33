//! GraphiQL in a browser.

use std::{env, path::Path, path::PathBuf};

use super::app::App;
use crate::{graphql::fixture, support::node};

#[tokio::test]
async fn graphiql_works_in_a_browser() {
    let browser =
        env::var_os("FAROL_TEST_CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    let missing = "is not there: install Chromium or name it in FAROL_TEST_CHROMIUM";
    assert!(browser.is_file(), "{} {missing}", browser.display());
    let app = App::start().await;
    fixture::load(&app.data.open().await).await;
    let screenshot = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graphiql.png");
    let empty = App::start().await;
    let urls = [app.url("/"), empty.url("/")];
    node::run("node", "browser/graphiql.mjs", &[&urls[0], &urls[1], screenshot.to_str().unwrap()]).await;
}
