using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Tests.Kernel.Planning;

public sealed class PlanBodiesTests
{
    private static readonly ObjectReference Target = new(KubernetesKinds.Secret, "kagent", "s") { Uid = "u", ResourceVersion = "7" };

    private static DesiredObject Desired => new(new JsonObject
    {
        ["apiVersion"] = "ignored",
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["a"] = "b" } },
        ["type"] = "Opaque",
    })
    {
        SecretData = new Dictionary<string, SecretValue>(StringComparer.Ordinal) { ["apiKey"] = SecretValue.FromText("sk-1"), ["empty"] = new([]) },
    };

    [Fact]
    public void An_apply_insists_on_the_very_object() => Is(
        """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"kagent","uid":"u","resourceVersion":"7","labels":{"a":"b"}},"type":"Opaque","data":{"apiKey":"c2stMQ==","empty":""}}""",
        PlanBodies.Object(Desired, Target, preconditions: true));

    [Fact]
    public void A_create_insists_on_nothing() => Is(
        """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"kagent","labels":{"a":"b"}},"type":"Opaque","data":{"apiKey":"c2stMQ==","empty":""}}""",
        PlanBodies.Object(Desired, Target, preconditions: false));

    [Fact]
    public void A_status_is_for_this_object_at_any_version() => Is(
        """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"kagent","uid":"u"},"status":{"x":[1,null]}}""",
        PlanBodies.Status(new(Target, new JsonObject { ["x"] = new JsonArray(1, null) })));

    [Fact]
    public void A_cluster_scoped_object_has_no_namespace() => Is(
        """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"},"status":{}}""",
        PlanBodies.Status(new(new(KubernetesKinds.Namespace, null, "n"), [])));

    [Theory]
    [InlineData("metadata", """{"metadata":{"annotations":{"k/a":"1"}}}""")]
    [InlineData("spec.template.metadata", """{"spec":{"template":{"metadata":{"annotations":{"k/a":"1"}}}}}""")]
    public void Annotations_at_a_path(string path, string body) =>
        Is(body, PlanBodies.Annotations(new(Target, path, new Dictionary<string, string>(StringComparer.Ordinal) { ["k/a"] = "1" })));

    [Fact]
    public void A_removal_holds_where_the_field_is_gone_already() => Is(
        """{"metadata":{"uid":"u"},"data":{"baseUrl":null,"a/b~":null}}""",
        PlanBodies.Removal(new(Target with { ResourceVersion = null }, ["/data/baseUrl", "/data/a~1b~0"])));

    [Fact]
    public void A_removal_may_insist_on_a_version() => Is(
        """{"metadata":{"uid":"u","resourceVersion":"7"},"data":{"baseUrl":null}}""",
        PlanBodies.Removal(new(Target, ["/data/baseUrl"])));

    private static void Is(string expected, ReadOnlyMemory<byte> body) => Assert.Equal(expected, Encoding.UTF8.GetString(body.Span));
}
