using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Admission.ResourceValidation;
using AgentWarden.Tests.Kernel.Admission;

namespace AgentWarden.Tests.Admission.ResourceValidation;

public sealed class ResourceValidationHandlerTests
{
    private const string ProviderJson = """
        {"apiVersion":"llmwarden.io/v1alpha1","kind":"LLMProvider","metadata":{"name":"anthropic-production"},
         "spec":{"provider":"anthropic","auth":{"type":"apiKey","apiKey":{"secretRef":{"name":"m","namespace":"llmwarden-system","key":"k"},"rotation":{"enabled":true,"interval":"30d"}}},
                 "allowedModels":["claude-sonnet-4-6"],"namespaceSelector":{"matchLabels":{"llmwarden.io/ai-enabled":"true"}}}}
        """;

    private const string AccessJson = """
        {"apiVersion":"llmwarden.io/v1alpha1","kind":"LLMAccess","metadata":{"name":"agent-anthropic","namespace":"kagent"},
         "spec":{"providerRef":{"name":"anthropic-production"},"models":["claude-sonnet-4-6"],"secretName":"kagent-anthropic",
                 "workloadSelector":{"matchLabels":{"kagent":"reasoning-agent"}},"injection":{"env":[{"name":"ANTHROPIC_API_KEY","secretKey":"apiKey"}]}}}
        """;

    private static readonly LLMProvider Provider = JsonSerializer.Deserialize(ProviderJson, CredentialJson.Default.LLMProvider)!;
    private static readonly LLMAccess Access = JsonSerializer.Deserialize(AccessJson, CredentialJson.Default.LLMAccess)!;
    private static readonly MetadataOnly Selected = Namespace("true"), NotSelected = Namespace("false");

    private static MetadataOnly Namespace(string enabled) =>
        new() { Metadata = new() { Name = "kagent", Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["llmwarden.io/ai-enabled"] = enabled } } };

    private static string Review(string kind, string operation, string? @object, string? oldObject = null, string? subResource = null) =>
        Reviews.Of("llmwarden.io", kind, operation, @object is null ? null : JsonNode.Parse(@object), oldObject is null ? null : JsonNode.Parse(oldObject), kind == "LLMAccess" ? "kagent" : null, subResource: subResource);

    /// <param name="body">The review.</param>
    /// <param name="cached">What the watches hold.</param>
    /// <param name="live">What the API server holds; by default the same.</param>
    /// <param name="synced">Whether the watches have synced.</param>
    private static Task<HttpAnswer> Handle(string body, IKubernetesObject[]? cached = null, LiveObjects? live = null, bool synced = true)
    {
        cached ??= [Provider, Selected];
        var function = new ResourceValidationHandler(
            new DictionaryCache<LLMAccess>([.. cached.OfType<LLMAccess>()]) { IsSynced = synced },
            new DictionaryCache<MetadataOnly>([.. cached.OfType<MetadataOnly>()]) { IsSynced = synced },
            live ?? new LiveObjects(cached));
        return function.HandleAsync(Reviews.Post(body), default);
    }

    private static async Task<JsonNode> Respond(string body, IKubernetesObject[]? cached = null, LiveObjects? live = null, bool synced = true) =>
        Reviews.Response(await Handle(body, cached, live, synced));

    private static bool IsAllowed(JsonNode response) => (bool)response["allowed"]!;

    [Fact]
    public async Task The_guides_documents_are_allowed_without_a_word_at_the_cost_of_three_reads()
    {
        var live = new LiveObjects(Provider, Selected);
        Assert.Equal(["uid", "allowed"], (await Respond(Review("LLMProvider", "CREATE", ProviderJson), live: live)).AsObject().Select(p => p.Key));
        Assert.Equal(0, live.Calls);
        Assert.Equal(["uid", "allowed"], (await Respond(Review("LLMAccess", "CREATE", AccessJson), live: live)).AsObject().Select(p => p.Key));
        Assert.Equal(3, live.Calls);
    }

    [Fact]
    public async Task A_refusal_names_code_reason_and_field()
    {
        var response = await Respond(Review("LLMAccess", "CREATE", AccessJson.Replace("claude-sonnet-4-6", "gpt-4o", StringComparison.Ordinal)));
        Assert.False(IsAllowed(response));
        Assert.Equal(403, (int)response["status"]!["code"]!);
        Assert.Contains("spec.models: gpt-4o", (string)response["status"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_the_watches_have_synced_the_users_of_a_provider_and_their_namespaces_are_read_live()
    {
        var live = new LiveObjects(Provider, Selected, Access);
        Assert.Single(Reviews.Warnings(await Respond(Review("LLMProvider", "DELETE", null, ProviderJson), [], live, synced: false)));
        Assert.Equal(2, live.Calls);
    }

    [Fact]
    public async Task A_claim_that_the_watch_has_not_seen_yet_is_refused_all_the_same()
    {
        var first = Access with { Metadata = Access.Metadata with { Name = "first" } };
        var response = await Respond(Review("LLMAccess", "CREATE", AccessJson), live: new LiveObjects(Provider, Selected, first));
        Assert.False(IsAllowed(response));
        Assert.Contains("first", (string)response["status"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_nowhere_is_a_warning()
    {
        var response = await Respond(Review("LLMAccess", "CREATE", AccessJson), [Selected]);
        Assert.True(IsAllowed(response));
        Assert.Contains("does not exist", Assert.Single(Reviews.Warnings(response)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespace_that_was_labelled_a_moment_ago_is_not_refused_on_an_old_copy() =>
        Assert.True(IsAllowed(await Respond(Review("LLMAccess", "CREATE", AccessJson), [Provider, NotSelected], new LiveObjects(Provider, Selected))));

    [Fact]
    public async Task A_namespace_that_lost_its_label_a_moment_ago_is_not_let_in_on_an_old_copy() =>
        Assert.False(IsAllowed(await Respond(Review("LLMAccess", "CREATE", AccessJson), [Provider, Selected], new LiveObjects(Provider, NotSelected))));

    [Theory]
    [InlineData("LLMAccess", true)]
    [InlineData("LLMAccess", false)]
    public async Task An_API_that_cannot_be_reached_leaves_it_to_failurePolicy(string kind, bool synced)
    {
        var answer = await Handle(Review(kind, "CREATE", AccessJson), [], new LiveObjects { Failure = HttpStatusCode.ServiceUnavailable }, synced);
        Assert.Equal(500, answer.Status);
        Assert.Contains("HTTP 503", Reviews.Text(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_that_leaves_the_spec_is_allowed_however_wrong_the_spec_is()
    {
        var wrong = AccessJson.Replace("kagent-anthropic", "Wrong_Name", StringComparison.Ordinal);
        var labelled = wrong.Replace("\"namespace\":\"kagent\"", "\"namespace\":\"kagent\",\"labels\":{\"a\":\"b\"}", StringComparison.Ordinal);
        Assert.True(IsAllowed(await Respond(Review("LLMAccess", "UPDATE", labelled, wrong), live: new LiveObjects { Failure = HttpStatusCode.BadGateway }, synced: false)));
        Assert.False(IsAllowed(await Respond(Review("LLMAccess", "UPDATE", wrong, AccessJson))));
    }

    [Fact]
    public async Task An_object_that_is_being_deleted_may_lose_its_finalizers()
    {
        var wrong = AccessJson.Replace("kagent-anthropic", "Wrong_Name", StringComparison.Ordinal).Replace("\"namespace\":\"kagent\"", "\"namespace\":\"kagent\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", StringComparison.Ordinal);
        Assert.True(IsAllowed(await Respond(Review("LLMAccess", "UPDATE", wrong, AccessJson))));
    }

    [Fact]
    public async Task An_update_is_not_compared_with_the_stored_copy_of_itself() =>
        Assert.True(IsAllowed(await Respond(Review("LLMAccess", "UPDATE", AccessJson.Replace("ANTHROPIC_API_KEY", "KEY", StringComparison.Ordinal), AccessJson), [Provider, Selected, Access])));

    [Fact]
    public async Task A_neighbour_that_is_being_deleted_gives_its_names_free()
    {
        var leaving = Access with { Metadata = Access.Metadata with { Name = "old", DeletionTimestamp = DateTimeOffset.UnixEpoch } };
        Assert.True(IsAllowed(await Respond(Review("LLMAccess", "CREATE", AccessJson), [Provider, Selected, leaving])));
        Assert.False(IsAllowed(await Respond(Review("LLMAccess", "CREATE", AccessJson), [Provider, Selected, leaving with { Metadata = leaving.Metadata with { DeletionTimestamp = null } }])));
    }

    [Fact]
    public async Task Deleting_a_provider_in_use_is_allowed_and_says_what_is_revoked()
    {
        var response = await Respond(Review("LLMProvider", "DELETE", null, ProviderJson), [Provider, Selected, Access]);
        Assert.True(IsAllowed(response));
        Assert.Contains("1 credential", Assert.Single(Reviews.Warnings(response)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taking_models_away_is_allowed_and_names_who_loses()
    {
        var response = await Respond(Review("LLMProvider", "UPDATE", ProviderJson.Replace("claude-sonnet-4-6", "claude-opus-4-6", StringComparison.Ordinal), ProviderJson), [Provider, Selected, Access]);
        Assert.True(IsAllowed(response));
        Assert.Contains("kagent/agent-anthropic", Assert.Single(Reviews.Warnings(response)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taking_the_namespace_away_is_allowed_and_names_who_loses()
    {
        var response = await Respond(Review("LLMProvider", "UPDATE", ProviderJson.Replace("ai-enabled", "ai-trusted", StringComparison.Ordinal), ProviderJson), [Provider, Selected, Access]);
        Assert.True(IsAllowed(response));
        Assert.Contains("spec.namespaceSelector", Assert.Single(Reviews.Warnings(response)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleting_an_access_is_allowed_without_looking() =>
        Assert.True(IsAllowed(await Respond(Review("LLMAccess", "DELETE", null, AccessJson), live: new LiveObjects { Failure = HttpStatusCode.BadGateway }, synced: false)));

    [Fact]
    public async Task Status_is_not_judged() =>
        Assert.True(IsAllowed(await Respond(Review("LLMAccess", "UPDATE", "{}", "{}", subResource: "status"))));

    [Theory]
    [InlineData("apps", "Deployment", "CREATE")]
    [InlineData("other.io", "LLMAccess", "CREATE")]
    [InlineData("llmwarden.io", "LLMAccess", "EVICT")]
    public async Task What_it_does_not_know_is_allowed_with_a_warning(string group, string kind, string operation)
    {
        var response = await Respond(Reviews.Of(group, kind, operation, JsonNode.Parse(AccessJson)));
        Assert.True(IsAllowed(response));
        Assert.Single(Reviews.Warnings(response));
    }

    [Theory]
    [InlineData("LLMAccess", """{"metadata":{"name":"a"},"spec":{"providerRef":null,"secretName":"s","injection":{}}}""", "providerRef")]
    [InlineData("LLMAccess", """{"metadata":{"name":"a"},"spec":{"providerRef":{"name":7},"secretName":"s","injection":{}}}""", "providerRef.name")]
    [InlineData("LLMAccess", """{"metadata":{"name":"a"},"spec":null}""", "spec")]
    [InlineData("LLMProvider", """{"metadata":{"name":"a"},"spec":{"auth":"none"}}""", "spec.auth")]
    [InlineData("LLMProvider", "[]", "$")]
    public async Task An_object_that_cannot_be_read_is_refused_with_the_place(string kind, string json, string place)
    {
        var response = await Respond(Review(kind, "CREATE", json));
        Assert.False(IsAllowed(response));
        Assert.Contains(place, (string)response["status"]!["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE", null, null)]
    [InlineData("UPDATE", "{}", null)]
    public async Task A_review_without_its_object_is_answered_400(string operation, string? @object, string? oldObject) =>
        Assert.Equal(400, (await Handle(Review("LLMProvider", operation, @object, oldObject))).Status);

    [Fact]
    public async Task A_review_of_an_access_without_namespace_is_answered_400() =>
        Assert.Equal(400, (await Handle(Reviews.Of("llmwarden.io", "LLMAccess", "CREATE", JsonNode.Parse(AccessJson), ns: null))).Status);
}
