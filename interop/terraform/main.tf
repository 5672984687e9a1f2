terraform {
  required_providers {
    auth0 = {
      source = "auth0/auth0"
    }
  }
}

provider "auth0" {}

resource "auth0_client" "web" {
  name                = "Orchard web"
  description         = "The shop"
  app_type            = "regular_web"
  callbacks           = ["https://orchard.example/callback"]
  allowed_logout_urls = ["https://orchard.example/"]
  web_origins         = ["https://orchard.example"]
  grant_types         = ["authorization_code", "refresh_token"]
  oidc_conformant     = true
  client_metadata     = { team = "shop" }

  jwt_configuration {
    alg                 = "RS256"
    lifetime_in_seconds = 3600
  }

  refresh_token {
    rotation_type                = "rotating"
    expiration_type              = "expiring"
    leeway                       = 15
    token_lifetime               = 84600
    infinite_token_lifetime      = false
    infinite_idle_token_lifetime = false
    idle_token_lifetime          = 72000
  }
}

resource "auth0_client" "worker" {
  name        = "Orchard worker"
  app_type    = "non_interactive"
  grant_types = ["client_credentials"]
}

resource "auth0_client_credentials" "worker" {
  client_id             = auth0_client.worker.id
  authentication_method = "client_secret_post"
}

resource "auth0_resource_server" "api" {
  name                                            = "Orchard API"
  identifier                                      = "https://api.orchard.example/"
  signing_alg                                     = "RS256"
  allow_offline_access                            = true
  token_lifetime                                  = 8600
  skip_consent_for_verifiable_first_party_clients = true
  enforce_policies                                = true
  token_dialect                                   = "access_token_authz"
}

resource "auth0_resource_server_scopes" "api" {
  resource_server_identifier = auth0_resource_server.api.identifier
  scopes {
    name        = "read:apples"
    description = "Read apples"
  }
  scopes {
    name        = "pick:apples"
    description = "Pick apples"
  }
}

resource "auth0_client_grant" "worker" {
  client_id  = auth0_client.worker.id
  audience   = auth0_resource_server.api.identifier
  scopes     = ["read:apples"]
  depends_on = [auth0_resource_server_scopes.api]
}

resource "auth0_role" "picker" {
  name        = "Picker"
  description = "Picks apples"
}

resource "auth0_role_permissions" "picker" {
  role_id = auth0_role.picker.id
  permissions {
    resource_server_identifier = auth0_resource_server.api.identifier
    name                       = "pick:apples"
  }
  depends_on = [auth0_resource_server_scopes.api]
}

resource "auth0_connection" "users" {
  name     = "Orchard-Users"
  strategy = "auth0"
  options {
    password_policy        = "good"
    brute_force_protection = true
    disable_signup         = true
  }
}

resource "auth0_connection_clients" "users" {
  connection_id   = auth0_connection.users.id
  enabled_clients = [auth0_client.web.id]
}

resource "auth0_tenant" "this" {
  friendly_name         = "Orchard"
  support_email         = "help@orchard.example"
  support_url           = "https://orchard.example/help"
  session_lifetime      = 72
  idle_session_lifetime = 24
  enabled_locales       = ["en", "de"]
}

resource "auth0_branding" "this" {
  logo_url = "https://orchard.example/logo.png"
  colors {
    primary         = "#0059d6"
    page_background = "#ffffff"
  }
}

resource "auth0_email_provider" "smtp" {
  name                 = "smtp"
  enabled              = true
  default_from_address = "orchard@orchard.example"
  credentials {
    smtp_host = "smtp.orchard.example"
    smtp_port = 587
    smtp_user = "orchard"
    smtp_pass = "correct horse"
  }
}

resource "auth0_email_template" "welcome" {
  template   = "welcome_email"
  body       = "<p>Welcome, {{ user.name }}</p>"
  from       = "orchard@orchard.example"
  subject    = "Welcome"
  syntax     = "liquid"
  enabled    = true
  depends_on = [auth0_email_provider.smtp]
}

resource "auth0_prompt" "this" {
  universal_login_experience     = "new"
  identifier_first               = false
  webauthn_platform_first_factor = false
}

resource "auth0_prompt_custom_text" "login" {
  prompt   = "login"
  language = "en"
  body     = jsonencode({ login = { title = "Hello, picker" } })
}

resource "auth0_attack_protection" "this" {
  brute_force_protection {
    enabled      = true
    shields      = ["block", "user_notification"]
    mode         = "count_per_identifier_and_ip"
    max_attempts = 7
    allowlist    = ["127.0.0.1"]
  }
  suspicious_ip_throttling {
    enabled   = true
    shields   = ["block"]
    allowlist = []
    pre_login {
      max_attempts = 100
      rate         = 864000
    }
    pre_user_registration {
      max_attempts = 50
      rate         = 1200
    }
  }
}

resource "auth0_user" "ada" {
  connection_name = auth0_connection.users.name
  email           = "ada@orchard.example"
  email_verified  = true
  password        = "correct horse battery 7 staple"
  user_metadata   = jsonencode({ color = "red" })
  depends_on      = [auth0_client.web]
}

resource "auth0_user_roles" "ada" {
  user_id = auth0_user.ada.id
  roles   = [auth0_role.picker.id]
}
