//! The simulator answers the calls of Axeos.

use std::future::ready;

use tieline_axeos::http::Auth;
use tieline_axeos::{CallReply, CallRequest, CallStatus, Listing, Phone, User};
use tieline_core::Text;
use tieline_server::axeos::{Api, CallAnswer};

use crate::scenario::KEY;
use crate::sim::Pbx;
use crate::world::Refused;

impl Api for Pbx {
    fn admits(&self, who: &Auth) -> bool {
        let admits = self.directory.admits_to_axeos(who);
        if admits {
            self.logged_in(match who {
                Auth::User { name, .. } => name,
                _ => KEY,
            });
        }
        admits
    }

    fn users(&self, _: &Auth) -> Listing<User<Text>> {
        Listing::of(self.axeos().users())
    }

    fn phones(&self, _: &Auth) -> Listing<Phone<Text>> {
        Listing::of(self.axeos().phones())
    }

    /// Users take their phones up at once, so what becomes of the call is known at once.
    fn call(&self, _: &Auth, call: &CallRequest) -> CallAnswer {
        let from = self.axeos().extension_of(&call.user_name);
        let begun = from.ok_or(Refused::NoSuchExtension).and_then(|from| self.originate(&from, &call.number));
        Box::pin(ready(match begun {
            Ok(session_id) => CallReply::success(Text::from(session_id)),
            Err(Refused::Busy) => CallReply::not_put_through(CallStatus::Busy),
            Err(_) => CallReply::not_put_through(CallStatus::Failed),
        }))
    }
}
