//! The [table of certificates](crate::certificates), run by whatever opens connections, each to a server that presents them.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tieline_axeos::http::Auth;
use tieline_cloudpbx::rest::{Bases, Dial};
use tieline_core::http::{Authorization, BaseUrl, CallError};
use tieline_dial::axeos::{ApiConfig, Config as AxeosConfig, base};
use tieline_dial::cloudpbx::{RestConfig, StreamAddress};
use tieline_dial::im::{FilesConfig, TokensConfig};
use tieline_dial::{HttpConfig, Proxy};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::token::Account;
use tieline_tls::{ServerTls, Trust};

use super::axeos::AxeosPbx;
use super::cloudpbx::CloudPbxCalls as _;
use super::http::{Calls as _, Get};
use super::im::{self, Chat, ImAdapter, ImClient as _};
use super::im_files::Transfers as _;
use super::im_tokens::TokensClient as _;
use super::pbx::read_request;
use super::stream::{self, StreamLine as _};
use super::{
    Adapter, AxeosAdapter, AxeosCalls as _, Client as _, CloudPbxAdapter, FilesAdapter, HttpAdapter, Pbx,
    StreamAdapter, TokensAdapter, setup,
};
use crate::certificates::{check, each_row};

/// Opens a connection in every mode to a server of every row. `serve` makes the server, and `open` says what refuses it.
fn obey<S>(serve: impl Fn(&ServerTls) -> S, open: impl Fn(&S, Trust) -> Result<(), String>) {
    each_row(|row, made| {
        let server = serve(&made.tls);
        for (mode, _) in row.cells() {
            let outcome = open(&server, made.trust(mode));
            for remedy in check(row, mode, made, outcome.as_ref().map_err(String::as_str).copied()) {
                let tried = open(&server, remedy);
                assert!(tried.is_ok(), "{}, {mode:?}: the remedy does not help: {tried:?}", row.words);
            }
        }
    });
}

/// A server that answers every request with an empty list and closes, and how many it had.
struct Answering {
    pbx: Pbx,
    asked: Arc<AtomicUsize>,
}

impl Answering {
    fn new(tls: &ServerTls) -> Self {
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        let pbx = Pbx::secure_raw(tls, move |mut io, _| {
            if read_request(&mut io).is_some() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(io.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]"));
                io.conn.send_close_notify();
                drop(io.flush());
            }
        });
        Self { pbx, asked }
    }

    fn base(&self) -> BaseUrl {
        format!("https://127.0.0.1:{}", self.pbx.port).parse().expect("an address")
    }

    /// What refused a call: it is accepted when the server was asked, whatever the client made of the answer.
    fn outcome(&self, call: impl FnOnce() -> Option<String>) -> Result<(), String> {
        let before = self.asked.load(Ordering::SeqCst);
        let error = call();
        match self.asked.load(Ordering::SeqCst) - before {
            0 => Err(error.expect("a reply without a request")),
            _ => Ok(()),
        }
    }
}

fn words<T>(result: Result<T, CallError>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

pub fn lines_of_wsi_obey_the_table_of_certificates<A: Adapter>() {
    let serve = |tls: &ServerTls| {
        Pbx::secure(tls, |mut peer, _| {
            peer.log_in();
            peer.agree();
        })
    };
    obey(serve, |pbx, trust| match A::connect(&pbx.url, setup().trust(trust)) {
        Ok((client, _events)) => {
            client.close();
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    });
}

pub fn lines_of_im_obey_the_table_of_certificates<A: ImAdapter>() {
    obey(Chat::secure, |chat, trust| match A::connect(&chat.pbx.url, im::setup().trust(trust)) {
        Ok((client, _events)) => {
            client.close();
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    });
}

pub fn streams_obey_the_table_of_certificates<A: StreamAdapter>() {
    let serve = |tls: &ServerTls| Pbx::secure(tls, |mut peer, _| drop(peer.agree()));
    obey(serve, |pbx, trust| {
        let address: StreamAddress =
            format!("https://127.0.0.1:{}/ws/pbx_Biuro?pbxkey=swordfish", pbx.port).parse().expect("an address");
        match A::stream(address, stream::setup().trust(trust)) {
            Ok(line) => {
                line.closer()();
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    });
}

pub fn lines_of_axeos_obey_the_table_of_certificates<A: AxeosAdapter>() {
    obey(AxeosPbx::secure, |pbx, trust| {
        let config = AxeosConfig::new(base(&pbx.url).expect("an address"), &Auth::user("anna", "hunter2"));
        match A::follow(config.proxy(Proxy::direct()).trust(trust)) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    });
}

pub fn calls_of_axeos_obey_the_table_of_certificates<A: AxeosAdapter>() {
    obey(Answering::new, |server, trust| {
        let config = ApiConfig::new(server.base(), &Auth::user("anna", "hunter2")).proxy(Proxy::direct()).trust(trust);
        server.outcome(|| words(A::api(config).expect("a client").users()))
    });
}

pub fn calls_obey_the_table_of_certificates<A: HttpAdapter>() {
    obey(Answering::new, |server, trust| {
        let config = HttpConfig::new(server.base(), Authorization::None).proxy(Proxy::direct()).trust(trust);
        server.outcome(|| words(A::http(config).expect("a client").call(&Get)))
    });
}

pub fn calls_of_cloudpbx_obey_the_table_of_certificates<A: CloudPbxAdapter>() {
    obey(Answering::new, |server, trust| {
        let bases = Bases::new([server.base()]).expect("an address");
        let config = RestConfig::new(bases, "KEY".into()).proxy(Proxy::direct()).trust(trust);
        server.outcome(|| words(A::rest(config).expect("a client").dial(&Dial::new("101", "600100200"))))
    });
}

pub fn files_obey_the_table_of_certificates<A: FilesAdapter>() {
    obey(Answering::new, |server, trust| {
        let config = FilesConfig::new(server.base()).proxy(Proxy::direct()).trust(trust);
        let files = A::files(config, Arc::new(|| Ok("TOKEN".into()))).expect("a client");
        server.outcome(|| files.discard(&FileRef::from("file")).err().map(|error| error.to_string()))
    });
}

pub fn tokens_obey_the_table_of_certificates<A: TokensAdapter>() {
    obey(Answering::new, |server, trust| {
        let account = Account::new("101", "portsip.io", "s3cret");
        let config = TokensConfig::new(server.base(), account).proxy(Proxy::direct()).trust(trust);
        server.outcome(|| A::tokens(config).expect("a client").token().err().map(|error| error.to_string()))
    });
}
