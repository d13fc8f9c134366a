using System.Text;
using AgentWarden.Kernel.Admission;

namespace AgentWarden.Tests.Kernel.Admission;

public sealed class AdmissionEndpointTests
{
    private const string Good = """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","object":{"a":[1]}}}""";

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=utf-8")]
    public void Json_is_opened(string contentType)
    {
        Assert.True(AdmissionEndpoint.TryOpen(Reviews.Post(Good, contentType), out var review, out _));
        Assert.Equal("u", review.Uid);
        Assert.Equal("""{"a":[1]}""", Encoding.UTF8.GetString(review.Object.Span));
        Assert.True(review.OldObject.IsEmpty);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("application/json-patch+json")]
    [InlineData("application/yaml")]
    public void Another_content_type_is_answered_415_with_what_is_wanted(string? contentType)
    {
        Assert.False(AdmissionEndpoint.TryOpen(Reviews.Post(Good, contentType), out _, out var refusal));
        Assert.Equal(415, refusal.Status);
        Assert.Contains("application/json", Reviews.Text(refusal), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_method_is_answered_405()
    {
        Assert.False(AdmissionEndpoint.TryOpen(Reviews.Post(Good, method: "GET"), out _, out var refusal));
        Assert.Equal(405, refusal.Status);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{", "JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("null", "not a JSON object")]
    [InlineData("{} {}", "JSON")]
    [InlineData("{}", "Expected kind AdmissionReview")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v2","request":{"uid":"u"}}""", "admission.k8s.io/v1")]
    [InlineData("""{"kind":"Pod","apiVersion":"admission.k8s.io/v1","request":{"uid":"u"}}""", "Expected kind AdmissionReview")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}""", "no request")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}""", "no request")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":[1]}""", "no request")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"kind":{"kind":"Pod"},"operation":"CREATE"}}""", "request.uid")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"","kind":{"kind":"Pod"},"operation":"CREATE"}}""", "request.uid")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":7,"kind":{"kind":"Pod"},"operation":"CREATE"}}""", "request.uid")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"CREATE"}}""", "request.kind")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","kind":"Pod","operation":"CREATE"}}""", "request.kind")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","kind":{"kind":"Pod"}}}""", "request.operation")]
    [InlineData("""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"\ud800","kind":{"kind":"Pod"}}}""", "JSON")]
    public void What_is_no_review_is_answered_400_and_says_why(string body, string says)
    {
        Assert.False(AdmissionEndpoint.TryOpen(Reviews.Post(body), out _, out var refusal));
        Assert.Equal(400, refusal.Status);
        Assert.Contains(says, Reviews.Text(refusal), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_of_a_review_is_answered_400()
    {
        for (var length = 0; length < Good.Length; length++)
        {
            Assert.False(AdmissionEndpoint.TryOpen(Reviews.Post(Good[..length]), out _, out var refusal));
            Assert.Equal(400, refusal.Status);
        }
    }

    [Fact]
    public void All_fields_are_read_in_any_order()
    {
        const string Body = """{"request":{"dryRun":true,"oldObject":{"b":2},"userInfo":{"groups":["g"],"username":"jane"},"name":"n","subResource":"scale","namespace":"ns","operation":"UPDATE","resource":{"resource":"rs","version":"v2","group":"g"},"kind":{"kind":"R","version":"v2","group":"g"},"requestKind":{"kind":"X"},"uid":"u"},"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}""";
        Assert.True(AdmissionEndpoint.TryOpen(Reviews.Post(Body), out var review, out _));
        Assert.Equal(AdmissionReview.V1Beta1, review.ApiVersion);
        Assert.Equal(new("g", "v2", "R"), review.Kind);
        Assert.Equal(new("g", "v2", "rs"), review.Resource);
        Assert.Equal(("scale", AdmissionOperation.Update, "ns", "n", true, "jane"), (review.SubResource, review.Operation, review.Namespace, review.Name, review.DryRun, review.Username));
        Assert.Equal("""{"b":2}""", Encoding.UTF8.GetString(review.OldObject.Span));
        Assert.True(review.Object.IsEmpty);
    }
}
