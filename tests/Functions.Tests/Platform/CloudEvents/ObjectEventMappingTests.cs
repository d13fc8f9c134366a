using System.Text;
using System.Text.Json;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Platform.CloudEvents;
using CloudNative.CloudEvents;

namespace AgentWarden.Tests.Platform.CloudEvents;

public sealed class ObjectEventMappingTests
{
    private const string Source = "https://10.96.0.1:443";

    private static readonly ResourceKind Access = new("llmwarden.io", "v1alpha1", "llmaccesses", "LLMAccess", Namespaced: true);
    private static readonly ResourceKind Provider = new("llmwarden.io", "v1alpha1", "llmproviders", "LLMProvider", Namespaced: false);
    private static readonly KindTable Kinds = new([Access, Provider, KubernetesKinds.Pod]);
    private static readonly ObjectMeta Metadata = new() { Name = "team.a", Namespace = "ns", Uid = "u-1", ResourceVersion = "42" };

    [Fact]
    public void A_change_is_written_as_Knative_writes_it()
    {
        var e = ObjectEventMapping.ToCloudEvent(KubernetesKinds.Pod, Metadata, ObjectChange.Update, Source, DateTimeOffset.UnixEpoch);
        Assert.Equal(
            """{"specversion":"1.0","id":"u-1-42","source":"https://10.96.0.1:443","type":"dev.knative.apiserver.ref.update","subject":"/apis/v1/namespaces/ns/pods/team.a","time":"1970-01-01T00:00:00Z","datacontenttype":"application/json","apiversion":"v1","kind":"Pod","name":"team.a","namespace":"ns","data":{"apiVersion":"v1","kind":"Pod","name":"team.a","namespace":"ns","uid":"u-1","resourceVersion":"42"}}""",
            Encoding.UTF8.GetString(CloudEventJsonFormatter.Instance.EncodeStructured(e)));
    }

    [Fact]
    public void A_deletion_has_an_id_of_its_own_and_a_cluster_object_no_namespace()
    {
        var e = ObjectEventMapping.ToCloudEvent(Provider, Metadata with { Namespace = null }, ObjectChange.Delete, Source, DateTimeOffset.UnixEpoch);
        Assert.Equal(("u-1-42-delete", "dev.knative.apiserver.ref.delete", "/apis/llmwarden.io/v1alpha1/namespaces//llmproviders/team.a"), (e.Id, e.Type, e.Subject));
        Assert.Null(e["namespace"]);
    }

    [Theory]
    [InlineData("Add")]
    [InlineData("Update")]
    [InlineData("Delete")]
    public void There_and_back_is_the_same(string change)
    {
        var there = new ObjectEvent(Enum.Parse<ObjectChange>(change), ObjectReference.To(Access, Metadata));
        var e = ObjectEventMapping.ToCloudEvent(there, Source, DateTimeOffset.UnixEpoch);
        var wire = Assert.Single(CloudEventText.Parse(CloudEventJsonFormatter.Instance.EncodeStructured(e)));
        Assert.Equal(there, ObjectEventMapping.FromCloudEvent(wire, Kinds).Event);
        Assert.Equal(there, ObjectEventMapping.FromCloudEvent(e, Kinds).Event);
    }

    [Fact]
    public void Knatives_reference_has_no_uid()
    {
        var read = Read("ref.add", """{"apiVersion":"llmwarden.io/v1alpha1","kind":"LLMAccess","name":"a","namespace":"ns"}""");
        Assert.Equal(new ObjectReference(Access, "ns", "a"), read.Event!.Object);
    }

    [Fact]
    public void Resource_mode_sends_the_whole_object()
    {
        var read = Read("resource.update", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"ns","uid":"u","resourceVersion":"7","labels":{}},"spec":{}}""");
        Assert.Equal(new ObjectReference(KubernetesKinds.Pod, "ns", "p") { Uid = "u", ResourceVersion = "7" }, read.Event!.Object);
        Assert.Equal(ObjectChange.Update, read.Event.Change);
    }

    [Fact]
    public void Another_version_of_a_kind_is_the_same_kind() =>
        Assert.Equal(Access, Read("ref.add", """{"apiVersion":"llmwarden.io/v1beta1","kind":"LLMAccess","name":"a","namespace":"ns"}""").Event!.Object.Kind);

    [Fact]
    public void Without_data_the_extensions_name_the_object()
    {
        var e = ObjectEventMapping.ToCloudEvent(Access, Metadata, ObjectChange.Add, Source, DateTimeOffset.UnixEpoch);
        e.Data = null;
        Assert.Equal(new ObjectReference(Access, "ns", "team.a"), ObjectEventMapping.FromCloudEvent(e, Kinds).Event!.Object);
    }

    [Theory]
    [InlineData("ref.patch", """{"apiVersion":"v1","kind":"Pod","name":"a","namespace":"ns"}""", false)]
    [InlineData("ref.add", """{"apiVersion":"v1","kind":"Node","name":"a"}""", false)]
    [InlineData("ref.add", """{"apiVersion":"v1","kind":"Pod","namespace":"ns"}""", true)]
    [InlineData("ref.add", """{"apiVersion":"v1","kind":"Pod","name":"a"}""", true)]
    [InlineData("ref.add", """{"apiVersion":"v1","kind":"Pod","name":"../secrets/x","namespace":"ns"}""", true)]
    [InlineData("ref.add", """{"apiVersion":"v1","kind":"Pod","name":"a","namespace":"../x"}""", true)]
    [InlineData("ref.add", """{"apiVersion":"v1","kind":"Pod","name":"..","namespace":"ns"}""", true)]
    [InlineData("ref.add", """[1]""", true)]
    [InlineData("ref.add", """{"apiVersion":1,"kind":{},"name":[]}""", true)]
    public void What_names_no_object_of_ours_is_told(string type, string data, bool malformed)
    {
        var read = Read(type, data);
        Assert.Null(read.Event);
        Assert.NotEmpty(read.Problem!);
        Assert.Equal(malformed, read.IsMalformed);
    }

    private static ObjectEventReading Read(string type, string data) =>
        ObjectEventMapping.FromCloudEvent(
            new CloudEvent { Id = "1", Source = new(Source), Type = $"dev.knative.apiserver.{type}", Data = JsonElement.Parse(data) }, Kinds);
}
