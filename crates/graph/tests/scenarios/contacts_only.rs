//! Contacts only: the rest of Microsoft Graph is not there, whoever asks and however.

use std::time::Duration;

use http::Method;
use hub::AccessPath;

use crate::world::World;

/// What a token for Exchange would open.
const ELSEWHERE: [&str; 21] = [
    "/me/messages",
    "/me/mailFolders",
    "/me/mailFolders/inbox/messages",
    "/me/sendMail",
    "/me/events",
    "/me/calendar",
    "/me/calendars",
    "/me/calendarView",
    "/me/drive",
    "/me/drive/root/children",
    "/me/onenote/notebooks",
    "/me/planner/tasks",
    "/me/todo/lists",
    "/me/chats",
    "/me/joinedTeams",
    "/me/mailboxSettings",
    "/me/inferenceClassification",
    "/me/outlook/tasks",
    "/sites/root",
    "/groups",
    "/deviceManagement/managedDevices",
];

#[test]
fn no_route_leads_to_anything_but_contacts_and_people() {
    ledger::testing::sqlite(async |database| {
        let world = World::new(database).await;
        for path in ELSEWHERE {
            for method in [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
                let reply = world.call(method.clone(), path).send().await;
                assert!(
                    matches!(reply.status.as_u16(), 400 | 403 | 404 | 405 | 501),
                    "{method} {path}: {}",
                    reply.status
                );
            }
        }
        for path in
            ["/users/bob@example.com/contacts", "/users/bob@example.com/messages", "/users/bob@example.com/events"]
        {
            let reply = world.get(path).await;
            assert!(matches!(reply.status.as_u16(), 403 | 404), "{path}: {}", reply.status);
        }
    });
}

#[test]
fn a_token_of_another_path_opens_nothing_here() {
    ledger::testing::sqlite(async |database| {
        let world = World::new(database).await;
        for path in [AccessPath::ActiveSync, AccessPath::CardDav, AccessPath::Jmap] {
            let life = Duration::from_hours(1);
            let token = world.service.identity.issue_token("ann@example.com", path, life).await.unwrap();
            let reply = world.call(Method::GET, "/me/contacts").token(Some(token.reveal())).send().await;
            assert_eq!(reply.status, 401, "{path:?}");
        }
    });
}
